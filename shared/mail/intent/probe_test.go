package intent

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestProbe(t *testing.T) {
	f, err := os.Open(os.Getenv("PROBE"))
	if err != nil {
		t.Skip()
	}
	s := bufio.NewScanner(f)
	for s.Scan() {
		line := s.Text()
		if line == "" {
			continue
		}
		want, text, _ := strings.Cut(line, "\t")
		text = strings.ReplaceAll(text, `\n`, "\n")
		sub, body, ok := strings.Cut(text, " || ")
		if !ok {
			body, sub = text, ""
		}
		r := Read(sub, body)
		m := "  "
		if string(r.Intent) != want {
			m = "XX"
		}
		if os.Getenv("ALL") != "" || m == "XX" || !r.Certain {
			fmt.Printf("%s %-20s got %s %s certain=%v %v\n   %s\n   %s\n", m, want, r.Language, r.Intent, r.Certain, r.Flags, text, strings.Join(r.Reasons, " | "))
		}
	}
}
