// Package limit counts what one mailbox, one business or everybody together may cause
// in a while. It is what ends every exchange of machines, whatever their headers say.
package limit

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// Rule is how often within which time.
type Rule struct {
	Name string
	Most int
	Per  time.Duration
}

// The rules of this service.
var (
	Replies   = Rule{"replies", 3, 24 * time.Hour}        // automatic mails to a mailbox
	Challenge = Rule{"challenge", 1, 24 * time.Hour}      // links to a mailbox that proved nothing (DMARC GRAY)
	Lookups   = Rule{"lookups", 3, 30 * 24 * time.Hour}   // of a mailbox's claims
	Attempts  = Rule{"attempts", 1, 7 * 24 * time.Hour}   // notices to a business that somebody else asked
	Business  = Rule{"business", 50, 24 * time.Hour}      // claims that name a business
	Overall   = Rule{"overall", 5000, 24 * time.Hour}     // automatic mails
	OptIns    = Rule{"opt-ins", 3, 24 * time.Hour}        // links to a mailbox that somebody typed on a status page
	OptInsOf  = Rule{"opt-ins of one", 5, 24 * time.Hour} // of one request
)

const (
	longest = 100 // occasions are told apart up to here, then only counted
	tries   = 8
)

// Limits counts in rows of the ledger's table, under fingerprints.
type Limits struct {
	Rows ledger.Rows
	Keys secrets.Versioned
	Now  func() time.Time
}

type counted struct {
	Seen  map[string]int64 `json:"seen,omitempty"` // occasion's fingerprint -> Unix seconds
	Count int              `json:"count,omitempty"`
	Since int64            `json:"since,omitempty"`
}

// Take counts an occasion and says whether the rule still allows it. The same occasion
// again is counted once, for rules of up to a hundred.
func (l Limits) Take(ctx context.Context, rule Rule, whose, occasion string) (bool, error) {
	key, _ := l.Keys.Key(l.Keys.Current())
	// one mailbox in other letters is the same mailbox
	at := ledger.Key{Table: ledger.Records, PK: "limit#" + l.print(key, rule.Name, strings.ToLower(whose)), SK: "limit"}
	for range tries {
		row, found, err := l.Rows.Get(ctx, at)
		if err != nil {
			return false, err
		}
		var c counted
		if found {
			if err := json.Unmarshal(row.Doc, &c); err != nil {
				return false, fault.As(fault.Permanent, "decode a limit", err)
			}
		}
		if !c.take(rule, l.print(key, "occasion", occasion), l.Now().Unix()) {
			return false, nil
		}
		doc, err := json.Marshal(c)
		if err != nil {
			return false, fault.As(fault.Permanent, "encode a limit", err)
		}
		write := ledger.Write{Row: ledger.Row{Key: at, Doc: doc, ExpiresAt: l.Now().Add(rule.Per).Unix()}, Expect: row.Version}
		err = l.Rows.Commit(ctx, ledger.RandomID(), []ledger.Write{write})
		if err != ledger.ErrConflict && err != ledger.ErrBusy {
			return err == nil, err
		}
	}
	return false, fault.New(fault.Retry, "count a limit: it keeps changing")
}

func (l Limits) print(key []byte, parts ...string) string {
	return hex.EncodeToString(secrets.MAC(key, append([]string{"limit"}, parts...)...)[:16])
}

func (c *counted) take(rule Rule, occasion string, now int64) bool {
	per := int64(rule.Per / time.Second)
	if rule.Most > longest {
		if now-c.Since >= per {
			c.Count, c.Since = 0, now
		}
		c.Count++
		return c.Count <= rule.Most
	}
	for print, at := range c.Seen {
		if now-at >= per {
			delete(c.Seen, print)
		}
	}
	if _, again := c.Seen[occasion]; again {
		return true
	}
	if len(c.Seen) >= rule.Most {
		return false
	}
	if c.Seen == nil {
		c.Seen = map[string]int64{}
	}
	c.Seen[occasion] = now
	return true
}
