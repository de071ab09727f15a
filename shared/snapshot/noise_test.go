package snapshot_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// noise is the same random bytes every time.
type noise struct{ source *rand.ChaCha8 }

func newNoise() *noise { return &noise{rand.NewChaCha8([32]byte{7})} }

func (n *noise) Read(p []byte) (int, error) { return n.source.Read(p) }

func (n *noise) bytes(size int) []byte {
	out := make([]byte, size)
	_, _ = n.source.Read(out)
	return out
}

var words = strings.Fields(`hello is there a table for two on friday evening at eight we would like to sit
	outside thanks yes of course shall i book it under your name and do you have any allergies no but we come with
	a pram great see you then the kitchen closes at ten can we bring our dog the parking is behind the house`)

// sentence is text that compresses about as chats do.
func (n *noise) sentence() string {
	var out []string
	for range 8 + n.source.Uint64()%40 {
		word := words[n.source.Uint64()%uint64(len(words))]
		if n.source.Uint64()%6 == 0 {
			word = fmt.Sprintf("%x", n.source.Uint64()%1_000_000)
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

// chat is a message as the platform has it, a few hundred bytes.
func (n *noise) chat(number int) livedata.Item {
	id := fmt.Sprintf("m_%016x", n.source.Uint64())
	at := fmt.Sprintf("2026-05-%02dT%02d:%02d:%02dZ", number%28+1, number/3600%24, number/60%60, number%60)
	return livedata.Item{"conversation_id": text("c_1"), "message_key": text(at + "#" + id), "message_id": text(id), "sent_at": text(at),
		"tenant_id": text("t_1"), "lead_id": text("anna"), "direction": text([]string{"in", "out"}[number%2]), "body": text(n.sentence())}
}
