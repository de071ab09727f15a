// Package notice is a stub of types.
package notice

import "time"

type Verdict string

const (
	Pass Verdict = "PASS"
	Fail Verdict = "FAIL"
	Gray Verdict = "GRAY"
)

type Received struct {
	MessageID                     string
	At                            time.Time
	EnvelopeFrom                  string
	Recipients                    []string
	SPF, DKIM, DMARC, Spam, Virus Verdict
	Bucket, Key                   string
	Setup                         bool
}
