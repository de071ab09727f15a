package intent

import (
	"fmt"
	"os"
	"testing"
)

func TestDbg(t *testing.T) {
	if os.Getenv("DBG") == "" {
		t.Skip()
	}
	b := loaded()
	m := b.parse("", os.Getenv("DBG"))
	for _, s := range m.sentences {
		for l, h := range b.index.find(s.words) {
			fmt.Println(l)
			for _, x := range h {
				fmt.Printf("  %s", x.concept)
				for _, w := range s.words[x.from:x.to] {
					if w.mark != 0 {
						fmt.Printf(" %c", w.mark)
					} else {
						fmt.Printf(" %s", w.forms[0])
					}
				}
				fmt.Println()
			}
		}
	}
}
