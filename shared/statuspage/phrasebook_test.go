package statuspage

import (
	"testing"

	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/page/pagetest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

func TestPhrasebooksAreComplete(t *testing.T) {
	for _, l := range page.Languages() {
		if books[l] == nil {
			t.Errorf("there is no phrasebook of %s", l)
			continue
		}
		pagetest.Translated(t, l, english, books[l], english.Moment, "WhatsApp", "April", "August", "September", "November")
	}
}

func TestEveryStateHasItsWords(t *testing.T) {
	for _, s := range request.States() {
		_, tone := toneOf[s]
		if _, said := english.States[s]; !said || !tone || marks[s][0] == "" || english.Tones[toneOf[s]] == "" {
			t.Errorf("%s has no words, tone or steps", s)
		}
	}
}
