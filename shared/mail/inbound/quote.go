package inbound

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// parting is a text in its parts.
type parting struct {
	newest, forwarded string
	quotes            bool // something was set aside as a quote
	forwards          bool
	unmarked          bool // a quote without marks was set aside
}

// context is what the header says about the text.
type context struct{ reply, forward bool }

var (
	forwardPrefix = regexp.MustCompile(`(?i)^(?:fwd?|wg|tr|rv|i|enc|reenv|إعادة توجيه|הועבר) ?:`)
	replyPrefix   = regexp.MustCompile(`(?i)^(?:re|aw|antw|sv|r|rif|res|resp|رد|תגובה|השב) ?(?:\[\d+\])? ?:`)
)

func contextOf(m Mail) context {
	forward := forwardPrefix.MatchString(m.Subject)
	return context{forward: forward, reply: !forward && (len(m.InReplyTo) > 0 || replyPrefix.MatchString(m.Subject))}
}

// splitter goes through the lines once.
type splitter struct {
	parting
	context
	lines      []string
	own        []string
	set        []string // forwarded lines
	signature  bool     // in a signature, until the next quote
	introduced bool     // the line before said who is quoted
	wrote      bool     // own is not empty
}

// split sets aside what is not new. Where a mail program leaves marks, text
// below and between the quotes stays; where it does not, all that follows goes.
func split(text string, about context) parting {
	s := &splitter{context: about, lines: strings.Split(text, "\n")}
	for at := 0; at < len(s.lines); {
		at = s.step(at)
	}
	s.newest, s.forwarded = strings.Join(s.own, "\n"), strings.Join(s.set, "\n")
	return s.parting
}

// step handles what begins at a line and gives the line after it.
func (s *splitter) step(at int) (next int) {
	line := strings.TrimSpace(s.lines[at])
	switch {
	case isQuoted(s.lines[at]):
		return s.quoted(at)
	case isPhrase(line, forwardPhrases):
		return s.forwardedFrom(at)
	case isPhrase(line, originalPhrases), s.isEarlier(s.lines[at:]):
		return s.earlier(at)
	case isSignature(s.lines[at:]) && s.wrote:
		s.signature = true
		return at + 1
	case isDeviceLine(line):
		return at + 1
	}
	if next := s.attributed(at); next > at {
		return next
	}
	if line != "" {
		s.introduced = false
	}
	if !s.signature {
		s.own, s.wrote = append(s.own, s.lines[at]), s.wrote || line != ""
	}
	return at + 1
}

// quoted handles lines with ">", and the empty ones between them.
func (s *splitter) quoted(at int) (next int) {
	end := at
	for i := at; i < len(s.lines); i++ {
		if isQuoted(s.lines[i]) {
			end = i + 1
		} else if strings.TrimSpace(s.lines[i]) != "" {
			break
		}
	}
	run := unquoted(s.lines[at:end])
	if s.isForward(run) {
		s.forwards, s.set = true, append(s.set, run...)
	} else {
		s.quotes = true
	}
	s.signature, s.introduced = false, false
	return end
}

func (s *splitter) isForward(run []string) bool {
	for i, line := range run {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		return isPhrase(line, forwardPhrases) || (s.forward && (isMailHeader(run[i:]) || !(s.introduced || s.wrote)))
	}
	return false
}

// forwardedFrom handles a line that announces a forwarded mail: the marked
// lines after it or, without marks, all that follows.
func (s *splitter) forwardedFrom(at int) (next int) {
	s.forwards, s.signature = true, false
	first := s.nextText(at + 1)
	end := len(s.lines)
	if first < end && isQuoted(s.lines[first]) {
		for end = first; end < len(s.lines) && (isQuoted(s.lines[end]) || strings.TrimSpace(s.lines[end]) == ""); end++ {
		}
	}
	s.set = append(s.set, unquoted(s.lines[at+1:end])...)
	return end
}

// isEarlier tells whether an earlier mail begins. In a mail that answers and
// forwards nothing it must show an address: people write "From:" and "Date:" too.
func (s *splitter) isEarlier(lines []string) bool {
	if !isMailHeader(lines) {
		return false
	}
	return s.reply || s.forward || (s.wrote && mailAddress.MatchString(strings.Join(lines[:min(len(lines), 8)], "\n")))
}

// earlier handles what Outlook writes over the mail that is answered or
// forwarded: its header. No mark says where that mail ends.
func (s *splitter) earlier(at int) (next int) {
	for len(s.own) > 0 && strings.Trim(s.own[len(s.own)-1], "-_* ") == "" {
		s.own = s.own[:len(s.own)-1]
	}
	if s.forward {
		s.forwards, s.set = true, append(s.set, s.lines[at:]...)
	} else {
		s.quotes, s.unmarked = true, s.unmarked || !s.reply
	}
	return len(s.lines)
}

// attributed handles "On … wrote:", over one to four lines.
func (s *splitter) attributed(at int) (next int) {
	length, sure := attribution(s.lines[at:])
	if length == 0 {
		return at
	}
	first := s.nextText(at + length)
	switch {
	case first < len(s.lines) && isQuoted(s.lines[first]):
		s.introduced = true
		return first
	case first == len(s.lines) && sure && s.wrote:
		s.quotes = true
		return first
	case sure && (s.reply || s.wrote):
		s.quotes, s.unmarked = true, true
		return len(s.lines)
	}
	return at
}

// nextText is the next line that is not empty, or the number of lines.
func (s *splitter) nextText(at int) int {
	for at < len(s.lines) && strings.TrimSpace(s.lines[at]) == "" {
		at++
	}
	return at
}

func isQuoted(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), ">") }

func unquoted(lines []string) []string {
	var out []string
	for _, line := range lines {
		if isQuoted(line) {
			line = strings.TrimPrefix(strings.TrimLeft(line, " ")[1:], " ")
		}
		out = append(out, line)
	}
	return out
}

const maxSignature = 12 // lines; what is longer is a letter below a line

// isSignature tells whether the lines begin with "-- " and a few more, up to a
// quote or the end.
func isSignature(lines []string) bool {
	if lines[0] != "-- " && lines[0] != "--" {
		return false
	}
	filled := 0
	for _, line := range lines[1:] {
		if isQuoted(line) || isPhrase(strings.TrimSpace(line), forwardPhrases) || isPhrase(strings.TrimSpace(line), originalPhrases) {
			break
		}
		if strings.TrimSpace(line) != "" {
			filled++
		}
		if filled > maxSignature {
			return false
		}
	}
	return true
}

// isPhrase tells whether a line is one of the phrases, set off by dashes before
// it or a colon after it.
func isPhrase(line string, phrases map[string]bool) bool {
	if len(line) > 150 {
		return false
	}
	phrase := strings.ToLower(strings.Trim(line, "-_=*: \u00a0"))
	return phrases[phrase] && (strings.HasPrefix(line, "--") || strings.HasPrefix(line, "__") || strings.HasSuffix(line, ":"))
}

// isMailHeader tells whether the lines begin with the header of a mail as
// Outlook and Hotmail write it: sender, date, and receiver or subject.
func isMailHeader(lines []string) bool {
	if !labelled(lines[0], fromLabels) && !labelled(lines[0], dateLabels) {
		return false
	}
	var from, date, other bool
	for _, line := range lines[:min(len(lines), 8)] {
		from = from || labelled(line, fromLabels)
		date = date || labelled(line, dateLabels)
		other = other || labelled(line, otherLabels)
	}
	return from && date && other
}

func labelled(line string, labels map[string]bool) bool {
	label, _, found := strings.Cut(top(line, 80), ":")
	return found && labels[strings.ToLower(strings.Trim(label, "* "))]
}

// isDeviceLine tells whether a telephone or a program wrote the line. What has
// a comma or an address is a sentence of somebody's.
func isDeviceLine(line string) bool {
	line, _, _ = strings.Cut(line, "<")
	return utf8.RuneCountInString(line) <= 60 && !strings.ContainsAny(line, ",@،") && deviceLine.MatchString(line)
}

const maxAttribution = 300 // bytes

// attribution tells how many lines say who is quoted, 0 for none, and whether
// they surely do, even if no marked line follows.
func attribution(lines []string) (length int, sure bool) {
	joined := ""
	for i, line := range lines[:min(len(lines), 4)] {
		line = strings.TrimSpace(line)
		if dashed := strings.Trim(line, "- "); i == 0 && len(line)-len(dashed) >= 8 {
			line = dashed + ":" // Zoho writes dashes around it
		}
		if line == "" || isQuoted(line) || len(joined)+len(line) > maxAttribution {
			return 0, false
		}
		joined = strings.TrimSpace(joined + " " + line)
		if !strings.HasSuffix(joined, ":") {
			if !opens.MatchString(joined) {
				return 0, false // only these go over several lines
			}
			continue
		}
		return judge(joined, lines, i+1)
	}
	return 0, false
}

func judge(joined string, lines []string, length int) (int, bool) {
	if !strings.ContainsAny(joined, "0123456789٠١٢٣٤٥٦٧٨٩@") {
		return 0, false
	}
	sure := attributions.MatchString(joined)
	if length > 1 {
		// The line before "On … wrote:" may begin like one.
		if _, later := attribution(lines[1:]); later || !sure {
			return 0, false
		}
	}
	if !sure && !perhaps.MatchString(joined) {
		return 0, false
	}
	return length, sure
}
