package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// storeGroup is all stores of one owner.
type storeGroup struct {
	Title, Remark string
	Count         int
	Categories    []storeCategory
}

// storeCategory is the stores of one category of the data map.
type storeCategory struct {
	Name, Holds string
	Stores      []storeLine
}

type storeLine struct {
	Name, Kind string
	Count      int
	Rule       string
}

// owners are the groups in their order. A store that the data map does not know could
// not be deployed, and here it is seen at once.
var owners = []struct{ owner, title, remark string }{
	{"platform", "Mikla’s live stores", "What Mikla holds about the people who write to its customers. A deletion works on these."},
	{"service", "This service’s own stores", "What the service needs to carry out a deletion and to prove it."},
	{"", "Not in the data map", "Nobody deletes anything here: declare these in shared/datamap/datamap.yaml."},
}

// holds says what a category is, as the policy has it.
var holds = map[string]string{
	"configuration":      "the business: its names, its admins, its settings",
	"channel_connection": "a connected page or account: IDs, permissions, the access token, encrypted",
	"lead_profile":       "who wrote: IDs, name, picture, tags, and which of Meta’s IDs is theirs",
	"conversations":      "what was written, by people and by the AI, with attachments and pictures",
	"ai_audit":           "how the AI came to its answers, and whom it quoted",
	"billing":            "invoices of the business",
	"security_log":       "refusals and abuse, with fingerprints in place of IDs",
	"metrics":            "totals that name nobody",
	"request_record":     "the requests themselves",
	"mail":               "mails to privacy@, what was decided of them, and word of what became of letters",
	"backup":             "nightly copies, each record sealed under its subject’s key, and those keys",
}

func (c *Console) storeGroups(ctx context.Context) ([]storeGroup, error) {
	inventory, err := datamap.Load()
	if err != nil {
		return nil, err
	}
	counts, err := c.storeCounts(ctx)
	if err != nil {
		return nil, err
	}
	var groups []storeGroup
	for _, o := range owners {
		group := storeGroup{Title: o.title, Remark: o.remark}
		for _, s := range c.declared(inventory, o.owner) {
			group.add(s, counts[s.Name], rule(inventory, s))
		}
		if len(group.Categories) > 0 {
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// declared gives the owner's deployed stores in the order of the data map; for "" those
// that it does not have.
func (c *Console) declared(inventory *datamap.Map, owner string) []datamap.Store {
	var found []datamap.Store
	for _, s := range inventory.Stores {
		if _, deployed := c.World.Store(s.Name); deployed && s.Owner == owner {
			found = append(found, s)
		}
	}
	if owner != "" {
		return found
	}
	for _, s := range c.World.Stores {
		if _, known := inventory.Store(s.Name); !known {
			found = append(found, datamap.Store{Name: s.Name, Kind: s.Kind, Category: "unknown"})
		}
	}
	slices.SortFunc(found, func(a, b datamap.Store) int { return cmp.Compare(a.Name, b.Name) })
	return found
}

// add puts a store under its category, which stands where its first store does.
func (g *storeGroup) add(s datamap.Store, count int, rule string) {
	g.Count += count
	name := words(s.Category)
	i := slices.IndexFunc(g.Categories, func(c storeCategory) bool { return c.Name == name })
	if i < 0 {
		i = len(g.Categories)
		g.Categories = append(g.Categories, storeCategory{Name: name, Holds: holds[s.Category]})
	}
	g.Categories[i].Stores = append(g.Categories[i].Stores, storeLine{s.Name, s.Kind, count, rule})
}

// rule is what the data map says of a store.
func rule(inventory *datamap.Map, s datamap.Store) string {
	kept := inventory.Kept[s.Kept]
	switch {
	case s.Lasts != "":
		return s.Basis + ". Kept " + s.Lasts
	case s.Basis != "":
		return limited(s.Basis, s.MaxAgeDays, "days")
	case s.Rule == "keep":
		return limited("Kept: "+kept.Reason, kept.Months, "months")
	case s.Quotes != nil:
		return "Deleted, once the quotation is cut out of " + s.Quotes.Store
	case s.HiddenBy != "":
		return "Hidden at once, then deleted"
	case s.Rule == "delete":
		return "Deleted"
	}
	return strings.TrimSpace("No rule " + s.Rule)
}

func limited(text string, most int, unit string) string {
	if most == 0 {
		return text
	}
	return fmt.Sprintf("%s; at most %d %s", text, most, unit)
}
