package page

import (
	"maps"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What is read must stand out 7 to 1 (WCAG 2.2, level AAA) and what is only
// seen 3 to 1, in both schemes and all tones.
var contrasts = []struct {
	fore, back string
	least      float64
}{
	{"text", "page", 7}, {"text", "card", 7}, {"soft", "page", 7}, {"soft", "card", 7},
	{"link", "page", 7}, {"link", "card", 7}, {"on-button", "link", 7},
	{"tone", "card", 7}, {"tone", "tint", 7}, {"mark", "card", 3}, {"mark", "page", 3},
}

func TestColoursStandOut(t *testing.T) {
	light, rest, _ := strings.Cut(stylesheet, "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "\n*,")
	for scheme, rules := range map[string]string{"light": light, "dark": dark} {
		for tone, colours := range palettes(t, rules) {
			for _, c := range contrasts {
				if got := contrast(colours[c.fore], colours[c.back]); got < c.least {
					t.Errorf("%s, %s: %s on %s is %.2f to 1", scheme, tone, c.fore, c.back, got)
				}
			}
		}
	}
}

var (
	ruleForm   = regexp.MustCompile(`(:root|body[.\w, ]*)\s*\{([^}]*)\}`)
	colourForm = regexp.MustCompile(`--([\w-]+): #(\w{6})`)
)

// palettes gives the colours by selector; the tones change those of the root.
func palettes(t *testing.T, rules string) map[string]map[string]float64 {
	found := map[string]map[string]float64{}
	for _, rule := range ruleForm.FindAllStringSubmatch(rules, -1) {
		colours := maps.Clone(found[":root"])
		if colours == nil {
			colours = map[string]float64{}
		}
		for _, c := range colourForm.FindAllStringSubmatch(rule[2], -1) {
			colours[c[1]] = luminance(c[2])
		}
		found[rule[1]] = colours
	}
	if len(found) != 4 || len(found[":root"]) < 9 {
		t.Fatalf("read %d palettes, %d colours in the root", len(found), len(found[":root"]))
	}
	return found
}

// luminance is WCAG's relative luminance of a colour in sRGB, 0 to 1.
func luminance(hex string) float64 {
	rgb, _ := strconv.ParseUint(hex, 16, 32)
	channel := func(shift uint) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

func contrast(a, b float64) float64 {
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}
