package intent_test

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/mail/intent"
)

func BenchmarkReadLongest(b *testing.B) {
	for name, part := range map[string]string{
		"prose": "Please delete all my data, I wrote to the hotel. ", "endless": "delete my data my my data not delete ",
		"my": "my ", "letters": "a b c ", "arabic": "لا تحذفوا بياناتي ", "commas": ",,,", "at": "a@", "word": "deletemydata",
	} {
		text := strings.Repeat(part, 256<<10/len(part))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				intent.Read("", text)
			}
		})
	}
}
