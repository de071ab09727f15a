package inbound

import (
	"bufio"
	"bytes"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-message"
)

// reader walks through the parts of one mail.
//
// Parts are found by this package on the bytes as they lie there, and never
// copied: go-message's own walk reads every level through the level above, 9.9 s
// at a depth of 4,000, and gives up at the first broken line of a part's header.
// go-message decodes what was found: parameters, encodings, charsets, words.
type reader struct {
	mail      Mail
	problems  []string
	parts     int
	headers   int // bytes of part headers so far
	source    int // bytes of decoded text so far
	forwarded []string
	report    report
}

func (r *reader) problem(what string) {
	if !slices.Contains(r.problems, what) {
		r.problems = append(r.problems, what)
	}
}

// part gives the text of a part, and whether it was made from HTML.
func (r *reader) part(head header, body []byte, depth int) (text string, html bool) {
	if depth > MaxDepth {
		r.problem("its parts are nested deeper than 15")
		return "", false
	}
	kind, params := contentType(head.get("Content-Type"))
	if family, _, _ := strings.Cut(kind, "/"); family == "multipart" {
		return r.multipart(kind, params, head, body, depth)
	}
	return r.leaf(kind, params, head, body, depth)
}

func (r *reader) multipart(kind string, params map[string]string, head header, body []byte, depth int) (string, bool) {
	if kind == "multipart/report" {
		r.report.kind = strings.ToLower(params["report-type"])
	}
	if kind == "multipart/encrypted" {
		r.problem("it is encrypted")
	}
	boundary := params["boundary"]
	if boundary == "" || !hasPart(body, boundary) {
		r.problem("the boundary between its parts is missing")
		return r.leaf("text/plain", nil, head, body, depth)
	}
	if kind == "multipart/alternative" {
		return r.alternative(body, boundary, depth)
	}
	var texts []string
	anyHTML := false
	for part := range children(body, boundary) {
		text, html, ok := r.child(part, depth)
		if !ok {
			break
		}
		if strings.TrimSpace(text) != "" {
			texts, anyHTML = append(texts, text), anyHTML || html
		}
	}
	return strings.Join(texts, "\n"), anyHTML
}

// alternative chooses the plain text, unless it is missing or only says that
// there is HTML.
func (r *reader) alternative(body []byte, boundary string, depth int) (string, bool) {
	var plain, rich string
	for part := range children(body, boundary) {
		text, html, ok := r.child(part, depth)
		if !ok {
			break
		}
		if html && rich == "" {
			rich = text
		}
		if !html && strings.TrimSpace(plain) == "" {
			plain = text
		}
	}
	if size := len(strings.TrimSpace(plain)); size == 0 || (size < 200 && len(strings.TrimSpace(rich)) > 4*size) {
		if strings.TrimSpace(rich) != "" {
			return rich, true
		}
	}
	return plain, false
}

// child reads one part of a multipart; not ok means that no more may be read.
func (r *reader) child(part []byte, depth int) (text string, html, ok bool) {
	if r.parts++; r.parts > MaxParts {
		r.problem("it has more than 200 parts")
		return "", false, false
	}
	block, body := cutHeader(part)
	head := parseHeader(block[:min(len(block), MaxHeader)])
	if len(head) == 0 {
		block, body = nil, part // a part may lack its header
	}
	if r.headers += len(block); r.headers > MaxHeader {
		r.problem("the headers of its parts are larger than 256 KB")
		return "", false, false
	}
	text, html = r.part(head, body, depth+1)
	return text, html, true
}

// leaf reads a part that has no parts.
func (r *reader) leaf(kind string, params map[string]string, head header, body []byte, depth int) (string, bool) {
	disposition, _ := contentType(head.get("Content-Disposition"))
	switch kind {
	case "message/delivery-status", "message/feedback-report", "message/disposition-notification", "text/rfc822-headers":
		r.report.read(kind, body)
		return "", false
	case "message/rfc822", "message/global":
		if encoding := strings.ToLower(firstWord(head.get("Content-Transfer-Encoding"))); encoding == "base64" || encoding == "quoted-printable" {
			r.problem("a mail within it is encoded as a whole")
		}
		r.embedded(body, depth)
		return "", false
	case "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature":
		return "", false
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		r.problem("it is in an S/MIME envelope")
	}
	switch {
	case disposition == "attachment":
	case kind == "text/html":
		return htmlText(r.decode(head, params, body)), true
	case kind == "text/plain" || kind == "text/enriched" || kind == "text/markdown":
		return plainText(r.decode(head, params, body), params), false
	case strings.HasPrefix(kind, "image/") && head.get("Content-ID") != "":
		return "", false // a picture within the HTML
	}
	r.mail.flag(Attachment)
	return "", false
}

// embedded reads a mail within the mail: what it forwards, or what came back.
func (r *reader) embedded(body []byte, depth int) {
	block, inner := cutHeader(body)
	if r.headers += len(block); r.headers > MaxHeader {
		r.problem("the headers of its parts are larger than 256 KB")
		return
	}
	r.report.read("message/rfc822", block)
	head := parseHeader(block)
	text, _ := r.part(head, inner, depth+1)
	if r.report.kind == "" {
		r.forwarded = append(r.forwarded, clean(text))
	}
}

// decode gives the text of a part. Once maxSource bytes of all parts were read,
// there is no more.
func (r *reader) decode(head header, params map[string]string, body []byte) string {
	encoding := strings.ToLower(firstWord(head.get("Content-Transfer-Encoding")))
	left := maxSource - r.source
	if encoding == "quoted-printable" {
		body = printable(body[:min(len(body), 4*maxSource)])
	}
	var h message.Header
	h.Set("Content-Transfer-Encoding", encoding)
	// Lines may be as long as the buffer, in quoted-printable.
	entity, err := message.New(h, bufio.NewReaderSize(bytes.NewReader(body), min(len(body), maxSource)+16))
	if err != nil {
		r.problem("a text is in an unknown encoding")
	}
	data, err := io.ReadAll(io.LimitReader(entity.Body, int64(left)+1))
	if err != nil {
		r.problem("a text is encoded wrongly")
	}
	if len(data) > left {
		r.problem("its texts are larger than 1 MB")
		data = data[:left]
	}
	r.source += len(data)
	return decodeCharset(data, params["charset"])
}

// printable takes out the control characters, at which the decoder would stop.
func printable(body []byte) []byte {
	return bytes.Map(func(c rune) rune {
		if (c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f {
			return ' '
		}
		return c
	}, body)
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), ";")
	word, _, _ = strings.Cut(word, " ")
	return word
}

var (
	looseBoundary = regexp.MustCompile(`(?i);\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))`)
	looseCharset  = regexp.MustCompile(`(?i);\s*charset\s*=\s*"?([A-Za-z0-9_.:-]+)`)
	looseReport   = regexp.MustCompile(`(?i);\s*report-type\s*=\s*"?([A-Za-z0-9_-]+)`)
)

// contentType reads a field with parameters. One that is broken, or so long that
// its parameters were made to keep a parser busy, gives what can be seen in it.
func contentType(value string) (kind string, params map[string]string) {
	if len(value) <= maxField {
		var h message.Header
		h.Set("Content-Type", value)
		if kind, params, err := h.ContentType(); err == nil {
			return strings.ToLower(kind), params
		}
	}
	value = top(value, maxField)
	params = map[string]string{}
	for name, pattern := range map[string]*regexp.Regexp{"boundary": looseBoundary, "charset": looseCharset, "report-type": looseReport} {
		if found := pattern.FindStringSubmatch(value); found != nil {
			params[name] = strings.Join(found[1:], "")
		}
	}
	return strings.ToLower(firstWord(value)), params
}

// children gives the parts between the boundaries; the last may lack its end.
func children(body []byte, boundary string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		_, at, last := delimiter(body, boundary, 0)
		for at >= 0 && !last {
			end, next, final := delimiter(body, boundary, at)
			if !yield(bytes.TrimSuffix(bytes.TrimSuffix(body[at:end], []byte("\n")), []byte("\r"))) {
				return
			}
			at, last = next, final
		}
	}
}

func hasPart(body []byte, boundary string) bool {
	_, at, last := delimiter(body, boundary, 0)
	return at >= 0 && !last
}

// delimiter finds the next line that is the boundary: where it begins, where
// the next line does (-1 if there is no boundary), and whether it is the last.
func delimiter(body []byte, boundary string, from int) (begin, next int, last bool) {
	mark := []byte("--" + boundary)
	for at := from; ; at++ {
		i := bytes.Index(body[at:], mark)
		if i < 0 {
			return len(body), -1, false
		}
		at += i
		if at > 0 && body[at-1] != '\n' {
			continue
		}
		end := len(body)
		if i := bytes.IndexByte(body[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		rest := bytes.TrimSpace(body[min(at+len(mark), end):end])
		if len(rest) == 0 || string(rest) == "--" {
			return at, end, len(rest) > 0
		}
	}
}
