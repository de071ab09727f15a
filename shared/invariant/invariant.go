// Package invariant checks what must always be true (DESIGN section 12), over data that
// it is given: rows of this service, dumps of the platform. It changes nothing, finds
// everything that is wrong rather than the first of it, and names nobody: a violation
// holds store names, request IDs, counts and short hashes.
package invariant

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Violation is one thing that is wrong.
type Violation struct {
	Invariant string // "I7"
	Text      string // a sentence
}

func (v Violation) String() string { return v.Invariant + ": " + v.Text }

// report collects violations.
type report []Violation

func (r *report) say(invariant, format string, args ...any) {
	*r = append(*r, Violation{invariant, fmt.Sprintf(format, args...)})
}

// sorted puts violations in the order of their text: what is checked comes in no order.
func (r report) sorted() []Violation {
	slices.SortFunc(r, func(a, b Violation) int { return strings.Compare(a.String(), b.String()) })
	return r
}

// shortHash stands for a key in a violation.
func shortHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:4])
}
