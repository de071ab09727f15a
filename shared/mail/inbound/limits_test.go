package inbound_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
)

// cpu is the processor time of this process: unlike a clock it does not run
// while other programs do.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

const (
	mostTime  = time.Second
	mostBytes = 256 << 20
)

// measured reads a mail and holds it to the time, and to the memory even if
// nothing of it were collected. Of three attempts the best one counts.
func measured(t *testing.T, raw []byte) (mail inbound.Mail, err error) {
	t.Helper()
	var took time.Duration
	var allocated uint64
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := cpu(t)
		mail, err = inbound.Read(raw)
		took = cpu(t) - start
		runtime.ReadMemStats(&after)
		allocated = after.TotalAlloc - before.TotalAlloc
		if took < mostTime && allocated < mostBytes {
			t.Logf("%v, %d MB allocated", took, allocated>>20)
			return mail, err
		}
	}
	t.Errorf("took %v and allocated %d MB, want less than %v and %d MB", took, allocated>>20, mostTime, mostBytes>>20)
	return mail, err
}

// nested makes multiparts within multiparts; each has its own boundary.
func nested(depth int, closed bool) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("\r\ndeep words\r\n")
	for i := depth - 1; closed && i >= 0; i-- {
		fmt.Fprintf(&b, "--b%d--\r\n", i)
	}
	return b.String()
}

// bombs are mails that are meant to keep a reader busy, made when they are needed.
func bombs() map[string]func() string {
	const from = "From: ana@guest.example\r\nMessage-ID: <1@guest.example>\r\nX-Autoreply: yes\r\n"
	repeat := strings.Repeat
	text, html := "Content-Type: text/plain; charset=utf-8\r\n", "Content-Type: text/html; charset=utf-8\r\n"
	return map[string]func() string{
		"nesting 23, not closed":     func() string { return from + nested(23, false) },
		"nesting 4,000":              func() string { return from + nested(4000, true) },
		"nesting 10,000":             func() string { return from + nested(10000, true) },
		"nesting 10,000, not closed": func() string { return from + nested(10000, false) },
		"nesting, one boundary": func() string {
			return from + repeat("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", 100000)
		},
		"nesting, at the last level": func() string { return from + nested(15, false) + repeat("--b14\r\n\r\nx\r\n", 500000) },
		"mails in mails":             func() string { return from + repeat("Content-Type: message/rfc822\r\n\r\n", 100000) + "\r\nx" },
		"200,000 parts": func() string {
			return from + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\n\r\nx\r\n", 200000)
		},
		"200 large parts": func() string {
			return from + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\n\r\n"+repeat("x", 50000)+"\r\n", 200)
		},
		"200 quoted-printable parts": func() string {
			return from + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"+repeat("x", 50000)+"\r\n", 200)
		},
		"parts with large headers": func() string {
			return from + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\nX: "+repeat("x", 50000)+"\r\n\r\nx\r\n", 200)
		},
		"almost boundaries":        func() string { return from + nested(15, false) + repeat("--b--b", 1600000) },
		"almost boundaries, lines": func() string { return from + nested(15, false) + repeat("--b1x\r\n", 1300000) },
		"a boundary of dashes": func() string {
			return from + "Content-Type: multipart/mixed; boundary=\"" + repeat("-", 60) + "\"\r\n\r\n" + repeat("-", 9<<20)
		},
		"RFC 2231 continuations": func() string { return from + "Content-Type: text/plain" + continuations(9000) + "\r\n\r\nx" },
		"continuations below": func() string {
			return from + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\nContent-Type: text/plain"+continuations(250)+"\r\n\r\nx\r\n", 200)
		},
		"parameters":             func() string { return from + "Content-Type: text/plain" + repeat("; a=b", 50000) + "\r\n\r\nx" },
		"header of 1 MB":         func() string { return from + "X-Long: " + repeat("x", 1<<20) + "\r\n\r\nhello" },
		"header of 1 MB, folded": func() string { return from + "X-Long: x" + repeat("\r\n x", 300000) + "\r\n\r\nhello" },
		"header of 1 MB, fields": func() string { return from + repeat("X: y\r\n", 200000) + "\r\nhello" },
		"header of small fields": func() string { return from + repeat("x:\r\n", 60000) + "\r\nhello" },
		"From of 200 KB":         func() string { return "From: " + repeat("a ", 100000) + "<a@b.example>\r\n\r\nhello" },
		"From of quotes":         func() string { return "From: " + repeat("\"", 200000) + "<a@b.example>\r\n\r\nhello" },
		"header, no end":         func() string { return from + repeat("x: y\r\n", 2000000) },
		"references":             func() string { return from + "References: " + repeat("<a@b.example> ", 18000) + "\r\n\r\nhello" },
		"encoded words": func() string {
			return from + "Subject: " + repeat("=?iso-2022-jp?B?GyRCJVEbKEI=?= ", 8000) + "\r\n\r\nhello"
		},
		"encoded words, open": func() string { return from + "Subject: " + repeat("=?utf-8?Q?", 25000) + "\r\n\r\nhello" },
		"base64 of 9 MB": func() string {
			return from + text + "Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(repeat("On 1 wrote:\n", 560000)))
		},
		"base64 of 40 MB": func() string {
			return from + text + "Content-Transfer-Encoding: base64\r\n\r\n" + repeat("QUJD", 10<<20)
		},
		"base64, attached": func() string {
			return from + "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + repeat("QUJD", 2<<20)
		},
		"base64 of spaces": func() string {
			return from + text + "Content-Transfer-Encoding: base64\r\n\r\n" + repeat(" \r\n", 3<<20)
		},
		"quoted-printable": func() string {
			return from + text + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + repeat("=3D", 3<<20)
		},
		"soft line ends": func() string {
			return from + text + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + repeat("=\r\n", 3<<20)
		},
		"charset that lies": func() string {
			return from + "Content-Type: text/plain; charset=utf-16\r\n\r\n" + repeat("\xd8\x00", 4<<20)
		},
		"charset of shifts": func() string {
			return from + "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + repeat("\x1b$B\x1b(B", 1<<20)
		},
		"charset that grows": func() string {
			return from + "Content-Type: text/plain; charset=windows-1252\r\n\r\n" + repeat("\x80", 8<<20)
		},
		"charset gb18030": func() string {
			return from + "Content-Type: text/plain; charset=gb18030\r\n\r\n" + repeat("\x81\x30\x81", 3<<20)
		},
		"text of 9 MB":           func() string { return from + text + "\r\n" + repeat("delete my data\r\n", 600000) },
		"accents":                func() string { return from + text + "\r\na" + repeat("\u0301\u0323", 2<<20) },
		"composition exclusions": func() string { return from + text + "\r\n" + repeat("\u0958", 80000) },
		"empty lines":            func() string { return from + text + "\r\n" + repeat("\n", 9<<20) },
		"quotes":                 func() string { return from + text + "\r\n" + repeat(">\n\n", 80000) },
		"quote marks":            func() string { return from + text + "\r\n" + repeat(">", 256<<10) },
		"flowed quotes": func() string {
			return from + "Content-Type: text/plain; format=flowed\r\n\r\n" + repeat(">>> \n> \n", 40000)
		},
		"attributions":           func() string { return from + text + "\r\n" + repeat("On 1\n", 50000) },
		"attributions, complete": func() string { return from + text + "\r\n" + repeat("On 1 a@b.c 2026\nwrote\n:\n", 12000) },
		"attributions and gaps":  func() string { return from + text + "\r\n" + repeat("x@y 2026 wrote:\n\n\n\n", 14000) },
		"mail headers":           func() string { return from + text + "\r\n" + repeat("From: x\nDate: y\n", 16000) },
		"signatures":             func() string { return from + text + "\r\n" + repeat("x\n--\n\n\n", 40000) },
		"devices":                func() string { return from + text + "\r\n" + repeat("sent from "+repeat("i", 45)+"\n", 4600) },
		"HTML, 2 M elements":     func() string { return from + html + "\r\n" + repeat("<div>", 2000000) },
		"HTML, entities":         func() string { return from + html + "\r\n" + repeat("&amp;", 1<<20) },
		"HTML, endless entity":   func() string { return from + html + "\r\n&" + repeat("a", 4<<20) },
		"HTML, numeric entities": func() string { return from + html + "\r\n" + repeat("&#1114111", 1<<20) },
		"HTML, quotes":           func() string { return from + html + "\r\n" + repeat("<blockquote type=cite>x", 200000) },
		"HTML, hidden":           func() string { return from + html + "\r\n" + repeat("<div hidden><p hidden>", 200000) },
		"HTML, attributes":       func() string { return from + html + "\r\n<a " + repeat("a=b ", 1<<20) + ">x" },
		"HTML, classes":          func() string { return from + html + "\r\n<a class='" + repeat("a ", 1<<20) + "'>x" },
		"HTML, styles":           func() string { return from + html + "\r\n" + repeat("<i style='"+repeat("a:b;", 20)+"'>x</i>", 20000) },
		"HTML, style comments":   func() string { return from + html + "\r\n<i style='" + repeat("/*", 1<<20) + "'>x" },
		"HTML, links":            func() string { return from + html + "\r\n" + repeat("<a href='https://instagram.com/a'>", 100000) },
		"HTML, a link of 1 MB": func() string {
			return from + html + "\r\n<a href='https://x.example/?url=" + repeat("%25", 300000) + "'>x</a>"
		},
		"HTML, open comment": func() string { return from + html + "\r\n" + repeat("<!--", 1<<20) },
		"HTML, open tags":    func() string { return from + html + "\r\n" + repeat("<", 4<<20) },
		"HTML, script":       func() string { return from + html + "\r\n<script>" + repeat("<!--<script>", 1<<18) },
	}
}

func TestBombsStayWithinTimeAndMemory(t *testing.T) {
	if raced {
		t.Skip("times are of the program as it ships")
	}
	for name, bomb := range bombs() {
		t.Run(name, func(t *testing.T) {
			mail, err := measured(t, []byte(bomb()))
			if len(mail.Newest) > inbound.MaxText || len(mail.Forwarded) > inbound.MaxText {
				t.Errorf("got %d and %d bytes of text, want at most %d", len(mail.Newest), len(mail.Forwarded), inbound.MaxText)
			}
			if err != nil && fault.KindOf(err) != fault.Invalid {
				t.Errorf("got %v, want an invalid mail", err)
			}
		})
	}
}

func continuations(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ";\r\n name*%d=\"x\"", i)
	}
	return b.String()
}

func TestOverALimitTheRestIsStillRead(t *testing.T) {
	all := bombs()
	for name, c := range map[string]struct{ bomb, reason, newest string }{
		"raw size":   {"base64 of 40 MB", "10 MB", ""},
		"header":     {"header of 1 MB", "256 KB", "hello"},
		"depth":      {"nesting 10,000", "deeper than 15", ""},
		"parts":      {"200,000 parts", "200 parts", "x"},
		"headers":    {"parts with large headers", "headers of its parts", "x"},
		"text":       {"text of 9 MB", "text is larger", "delete my data"},
		"source":     {"HTML, 2 M elements", "1 MB", ""},
		"sources":    {"200 large parts", "1 MB", "xxx"},
		"mail depth": {"mails in mails", "deeper than 15", ""},
	} {
		mail, err := inbound.Read([]byte(all[c.bomb]()))
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: got %v, want an invalid mail because of %q", name, err, c.reason)
		}
		if mail.HeaderID != "<1@guest.example>" || mail.Machine != inbound.Auto || !strings.HasPrefix(mail.Newest, c.newest) {
			t.Errorf("%s: got %q %q %.40q, want the header and %q", name, mail.HeaderID, mail.Machine, mail.Newest, c.newest)
		}
		if known := mail.From.Reveal() == "ana@guest.example"; known != (name != "header") {
			t.Errorf("%s: From known: %v (%s)", name, known, mail.FromProblem)
		}
	}
}

func TestJustWithinTheLimitsAllIsRead(t *testing.T) {
	from := "From: ana@guest.example\r\n"
	for name, raw := range map[string]string{
		"depth":  from + nested(inbound.MaxDepth, true),
		"parts":  from + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\ndeep words\r\n", inbound.MaxParts),
		"header": from + "X: " + strings.Repeat("x", inbound.MaxHeader-len(from)-5) + "\r\n\r\ndeep words",
		"text":   from + "\r\n" + "deep words" + strings.Repeat("x", inbound.MaxText-10),
		"raw":    from + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ndeep words\r\n--b\r\nContent-Type: image/png\r\n\r\n" + strings.Repeat("x", inbound.MaxRaw-200),
	} {
		if mail, err := inbound.Read([]byte(raw)); err != nil || mail.From.IsEmpty() || !strings.HasPrefix(mail.Newest, "deep words") {
			t.Errorf("%s: got %v (%s) %.20q, want all of it", name, err, mail.FromProblem, mail.Newest)
		}
	}
}

func TestMailDoesNotPrintItself(t *testing.T) {
	mail := read(t, plain("secret", "secret"))
	encoded, err := json.Marshal(map[string]any{"mail": mail})
	if out := fmt.Sprintf("%v %+v %#v %s", mail, &mail, mail, encoded); err != nil || strings.Contains(out, "secret") {
		t.Errorf("got %s, %v; want nothing of the mail", out, err)
	}
}
