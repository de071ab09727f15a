package inbound

import (
	"bytes"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText gives the text that a reader of the HTML sees, with quoted lines
// marked "> " as in plain text, so that [split] knows one form only.
//
// It reads tokens and builds no tree: a tree of a million elements is slow to
// build, and the parser refuses more than 512 levels. So an element's style
// counts, a style sheet does not.
func htmlText(source string) string {
	lower := strings.ToLower(source)
	p := &page{plain: !strings.Contains(lower, "background") && !strings.Contains(lower, "bgcolor")}
	tokens := html.NewTokenizer(strings.NewReader(source))
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			return p.out.String()
		case html.TextToken:
			p.text(string(tokens.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			p.start(tokens, kind)
		case html.EndTagToken:
			name, _ := tokens.TagName()
			p.end(atom.Lookup(name))
		}
	}
}

// page is what is known in the midst of a page.
type page struct {
	out    strings.Builder
	plain  bool // it has no coloured ground: white text is not seen
	quote  region
	rest   bool // all that follows is a quote
	hidden region
	pre    bool   // line ends count
	link   string // to be written at the end of <a>
	inLine bool   // something stands in the current line
	gap    bool   // a space is due before the next word
}

// region is an element that hides or quotes what is in it.
type region struct {
	tag   atom.Atom
	open  int // elements of its name that are open, itself included
	inner int // blocks of other names that are open in it
}

func (r *region) start(tag atom.Atom) {
	switch {
	case r.open == 0 || closesItself[tag] || empty[tag]:
	case tag == r.tag:
		r.open++
	case block[tag]:
		r.inner++
	}
}

// end tells whether the region ended: itself, or the block that it is in.
func (r *region) end(tag atom.Atom) bool {
	switch {
	case r.open == 0:
		return false
	case tag == r.tag:
		r.open--
	case !block[tag] || closesItself[tag] || empty[tag]:
	case r.inner > 0:
		r.inner--
	default:
		r.open = 0
	}
	return r.open == 0
}

var (
	// unseen elements have text that is not shown.
	unseen = map[atom.Atom]bool{
		atom.Script: true, atom.Style: true, atom.Template: true, atom.Title: true, atom.Noscript: true, atom.Noembed: true, atom.Noframes: true,
		atom.Iframe: true, atom.Object: true, atom.Svg: true, atom.Select: true, atom.Datalist: true, atom.Audio: true, atom.Video: true, atom.Dialog: true,
	}
	// empty elements have no end tag.
	empty = map[atom.Atom]bool{
		atom.Area: true, atom.Base: true, atom.Br: true, atom.Col: true, atom.Embed: true, atom.Hr: true, atom.Img: true, atom.Input: true,
		atom.Link: true, atom.Meta: true, atom.Param: true, atom.Source: true, atom.Track: true, atom.Wbr: true,
	}
	// closesItself: the next one of its name ends it.
	closesItself = map[atom.Atom]bool{atom.P: true, atom.Li: true, atom.Td: true, atom.Th: true, atom.Tr: true, atom.Dt: true, atom.Dd: true, atom.Option: true}
	// block elements begin and end a line.
	block = map[atom.Atom]bool{
		atom.Address: true, atom.Article: true, atom.Aside: true, atom.Blockquote: true, atom.Body: true, atom.Br: true, atom.Center: true, atom.Dd: true,
		atom.Div: true, atom.Dl: true, atom.Dt: true, atom.Fieldset: true, atom.Footer: true, atom.Form: true, atom.H1: true, atom.H2: true, atom.H3: true,
		atom.H4: true, atom.H5: true, atom.H6: true, atom.Header: true, atom.Hr: true, atom.Li: true, atom.Main: true, atom.Nav: true, atom.Ol: true,
		atom.P: true, atom.Pre: true, atom.Section: true, atom.Table: true, atom.Tbody: true, atom.Tr: true, atom.Ul: true,
	}
)

func (p *page) start(tokens *html.Tokenizer, kind html.TokenType) {
	name, more := tokens.TagName()
	tag := atom.Lookup(name)
	if tag == atom.Svg && kind == html.SelfClosingTagToken {
		return
	}
	var attributes map[string]string
	if more {
		attributes = map[string]string{}
	}
	for more && len(attributes) < 40 {
		var key, value []byte
		key, value, more = tokens.TagAttr()
		if _, twice := attributes[string(key)]; !twice {
			attributes[string(key)] = string(value)
		}
	}
	p.layout(tag)
	p.pre = p.pre || tag == atom.Pre
	p.regions(tag, attributes)
	if p.hidden.open > 0 {
		return
	}
	if tag == atom.A {
		p.writeLink()
		p.link = profileLink(attributes["href"])
	}
	if strings.Contains(" "+attributes["class"]+" ", " gmail_signature ") {
		p.layout(atom.Div)
		p.text("--")
		p.newLine()
	}
}

func (p *page) regions(tag atom.Atom, attributes map[string]string) {
	if closesItself[p.hidden.tag] && (tag == p.hidden.tag || (p.hidden.tag == atom.P && block[tag])) {
		p.hidden.open = 0
	}
	p.quote.start(tag)
	p.hidden.start(tag)
	if empty[tag] || p.hidden.open > 0 {
		return
	}
	p.rest = p.rest || attributes["id"] == "appendonsend" // Outlook's mark
	switch {
	case unseen[tag] || p.hides(attributes) || (tag == atom.Font && p.plain && isWhite(attributes["color"])):
		p.hidden = region{tag: tag, open: 1}
	case p.quote.open == 0 && quotes(tag, attributes):
		p.quote = region{tag: tag, open: 1}
	}
}

func (p *page) end(tag atom.Atom) {
	if tag == atom.A {
		p.writeLink()
	}
	p.layout(tag)
	if p.quote.end(tag) {
		p.hidden.open = 0 // what was hidden within ends with it
	}
	p.hidden.end(tag)
	p.pre = p.pre && tag != atom.Pre
}

func (p *page) writeLink() {
	if p.link != "" {
		p.text(" " + p.link + " ")
	}
	p.link = ""
}

func (p *page) layout(tag atom.Atom) {
	switch {
	case p.hidden.open > 0:
	case block[tag]:
		if tag == atom.Br || p.inLine {
			p.newLine()
		}
		p.gap = false
	case tag == atom.Td || tag == atom.Th:
		p.gap = true
	}
}

func (p *page) newLine() {
	p.out.WriteByte('\n')
	p.inLine, p.gap = false, false
}

// text writes words with single spaces between them.
func (p *page) text(text string) {
	if p.hidden.open > 0 || text == "" {
		return
	}
	if p.pre {
		for line := range strings.Lines(text) {
			p.words(line)
			if strings.HasSuffix(line, "\n") {
				p.newLine()
			}
		}
		return
	}
	p.words(text)
}

func (p *page) words(text string) {
	p.gap = p.gap || isSpace(text[0])
	for i, word := range strings.FieldsFunc(text, func(r rune) bool { return r < 128 && isSpace(byte(r)) }) {
		if !p.inLine && (p.rest || p.quote.open > 0) {
			p.out.WriteString("> ")
		} else if p.inLine && (p.gap || i > 0) {
			p.out.WriteByte(' ')
		}
		p.out.WriteString(word)
		p.inLine, p.gap = true, false
	}
	p.gap = p.gap || isSpace(text[len(text)-1])
}

func isSpace(c byte) bool { return strings.IndexByte(" \t\r\n\f", c) >= 0 }

// quotes tells whether the element holds what an earlier mail said. Gmail's
// wrapper of the quote does not count: answers between the quotes are in it.
func quotes(tag atom.Atom, attributes map[string]string) bool {
	if tag == atom.Blockquote {
		// Without a mark and without a border it is an indented paragraph.
		return attributes["type"] != "" || attributes["class"] != "" || !strings.Contains(strings.ReplaceAll(attributes["style"], " ", ""), "border:none")
	}
	for class := range strings.FieldsSeq(attributes["class"]) {
		if class == "yahoo_quoted" || class == "protonmail_quote" || class == "tutanota_quote" {
			return true
		}
	}
	return tag == atom.Div && attributes["name"] == "quote"
}

// hides tells whether an element's own attributes keep it from being seen.
func (p *page) hides(attributes map[string]string) bool {
	if _, hidden := attributes["hidden"]; hidden {
		return true
	}
	style := declarations(attributes["style"])
	if len(style) == 0 {
		return false
	}
	offScreen := func(name string) bool { n, ok := number(style[name]); return ok && n <= -500 }
	small := func(name string, most float64) bool { n, ok := number(style[name]); return ok && n <= most }
	switch {
	case style["display"] == "none", style["visibility"] == "hidden", style["visibility"] == "collapse":
	case small("font-size", 1) && !strings.HasSuffix(style["font-size"], "em") && !strings.HasSuffix(style["font-size"], "rem"), small("font-size", 0.1):
	case small("opacity", 0.05), small("max-height", 0), small("max-width", 0):
	case (small("height", 0) || small("width", 0)) && style["overflow"] == "hidden":
	case offScreen("text-indent"), offScreen("left"), offScreen("top"), offScreen("margin-left"):
	case style["color"] == "transparent":
	case isWhite(style["color"]) && (p.plain || isWhite(style["background"]) || isWhite(style["background-color"])):
	default:
		return false
	}
	return true
}

var comment = regexp.MustCompile(`(?s)/\*.*?\*/`)

func declarations(style string) map[string]string {
	if style == "" {
		return nil
	}
	found := map[string]string{}
	for declaration := range strings.SplitSeq(comment.ReplaceAllString(strings.ToLower(style), ""), ";") {
		name, value, _ := strings.Cut(declaration, ":")
		found[strings.TrimSpace(name)] = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
	}
	return found
}

var leadingNumber = regexp.MustCompile(`^-?(?:\d+\.?\d*|\.\d+)`)

// number reads "0", "0px", "-9999px"; a percentage of less than 5 is nearly none.
func number(value string) (float64, bool) {
	if value == "" {
		return 0, false // most properties are not there
	}
	n, err := strconv.ParseFloat(leadingNumber.FindString(value), 64)
	if strings.HasSuffix(value, "%") {
		n /= 100
	}
	return n, err == nil
}

func isWhite(colour string) bool {
	switch strings.ReplaceAll(strings.ToLower(strings.TrimSpace(colour)), " ", "") {
	case "white", "#fff", "#ffffff", "rgb(255,255,255)", "#fefefe", "#fffffe":
		return true
	}
	return false
}

// profiles are the hosts whose links name a person or a business.
var profiles = regexp.MustCompile(`(?i)^(?:[a-z0-9-]+\.)*(?:instagram\.com|facebook\.com|fb\.com|fb\.me|m\.me|wa\.me|whatsapp\.com)$`)

// profileLink gives the target of a link if it may name somebody, also behind
// the links that mail programs put around others.
func profileLink(href string) string {
	for range 2 {
		target, err := url.Parse(strings.TrimSpace(href))
		if err != nil || (target.Scheme != "http" && target.Scheme != "https" && target.Scheme != "whatsapp") {
			return ""
		}
		if target.Scheme == "whatsapp" || profiles.MatchString(target.Hostname()) {
			return target.String()
		}
		query := target.Query()
		if href = query.Get("url"); href == "" {
			href = query.Get("q")
		}
	}
	return ""
}

// plainText gives the text of a plain part, with the lines of format=flowed
// (RFC 3676) put together again.
func plainText(text string, params map[string]string) string {
	text = lineEnds.Replace(text)
	if !strings.EqualFold(params["format"], "flowed") {
		return text
	}
	delete := strings.EqualFold(params["delsp"], "yes")
	var out bytes.Buffer
	depth, flows := 0, false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		content := strings.TrimLeft(line, ">")
		quoted := len(line) - len(content)
		content = strings.TrimPrefix(content, " ")
		signature := content == "-- "
		if !flows || quoted != depth || signature {
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(strings.Repeat(">", quoted))
			if quoted > 0 {
				out.WriteByte(' ')
			}
		}
		depth, flows = quoted, strings.HasSuffix(content, " ") && !signature
		if flows && delete {
			content = strings.TrimSuffix(content, " ")
		}
		out.WriteString(content)
	}
	return out.String()
}
