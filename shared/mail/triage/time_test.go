package triage_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mail/triage"
)

// mostCPU is far above what is needed, so that a busy machine does not fail the test, and
// far below what anything that is not linear takes.
const mostCPU = time.Second

// TestTheLongestTextsTakeLittleTime reads 256 KB of what is hardest for each part.
func TestTheLongestTextsTakeLittleTime(t *testing.T) {
	if raced {
		t.Skip("times are of the program as it ships")
	}
	directory := corpusDirectory(t)
	const size = 256 << 10
	for name, part := range map[string]string{
		"requests":  "Please delete my messages with Harbour View Hotel, I am @jo.kettle. ",
		"one word":  "delete ",
		"no space":  "a",
		"handles":   "@a.b_c @d.e_f ",
		"announced": "instagram: jo.kettle ",
		"unsaid":    "on instagram lou.b.righton ",
		"dotted":    "lou.b.righton_x a_b.c_d ",
		"numbers":   "+44 7400 123456 07400-123456 ",
		"negators":  "do not delete, not, never, no ",
		"hebrew":    "שתמחקו בבקשה את ההודעות שלי ",
		"capitals":  "The Harbour View Of The Sea Hotel ",
		"names":     "my name is Anna ",
		"brackets":  "((((<<<<[[[[",
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat(part, size/len(part)+1)[:size]
			mail := inbound.Mail{Subject: text[:min(len(text), 1000)], Newest: strings.ToValidUTF8(text, "")}
			before := spent(t)
			triage.Decide(triage.Read(notice.Received{DMARC: notice.Pass}, mail, nil, directory), triage.Known{})
			if took := spent(t) - before; took > mostCPU {
				t.Errorf("took %v of a core, want at most %v", took, mostCPU)
			}
		})
	}
}

// spent gives the time that this process has kept a core busy.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
