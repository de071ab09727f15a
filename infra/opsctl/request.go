package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/securitylog"
)

// scopes are what a request may delete, each with the flags that make its own key: the
// scope of a lead is the lead's tenant and the lead.
var scopes = map[string][]string{
	"tenant":       {"tenant"},
	"channel":      {"tenant", "channel"},
	"lead":         {"tenant", "lead"},
	"conversation": {"tenant", "conversation"},
}

// target is what a request is to delete.
type target struct {
	scope  string
	values []string // of the scope's key, in order
}

// openRequest admits a request for a scope by its own key.
type openRequest struct {
	acting
	Scope        string `required:"" help:"tenant, channel, lead or conversation."`
	Tenant       string `placeholder:"ID" help:"The business."`
	Channel      string `placeholder:"ID" help:"Its channel."`
	Lead         string `placeholder:"ID" help:"Its lead."`
	Conversation string `placeholder:"ID" help:"Its conversation."`
	PublicURL    string `env:"PUBLIC_BASE_URL" placeholder:"URL" help:"Where people reach the status page: scheme and host."`
}

func (c openRequest) Run(ctx context.Context, t *tool) error {
	if err := t.may(c.acting); err != nil {
		return err
	}
	what, err := targetOf(c.Scope, map[string]string{"tenant": c.Tenant, "channel": c.Channel, "lead": c.Lead, "conversation": c.Conversation})
	if err == nil && !strings.HasPrefix(c.PublicURL, "http") {
		err = errors.New("--public-url or PUBLIC_BASE_URL must say where people reach the status page, as https://privacy.example")
	}
	if err != nil {
		return err
	}
	if !t.Execute {
		t.say("Would ask for the deletion of the %s %s, with everything in it up to now.", what.scope, strings.Join(what.values, " / "))
		t.say("If a request for it is open, it takes this one in.")
		t.sayDryRun("")
		return nil
	}
	if err := t.connect(ctx); err != nil {
		return err
	}
	return t.audited(ctx, securitylog.Operation{}, func(o *securitylog.Operation) error {
		r, err := t.admit(ctx, what, strings.TrimSuffix(c.PublicURL, "/"))
		o.RequestID = r.ID
		return err
	})
}

// targetOf demands the flags of the scope's key and no others.
func targetOf(scope string, given map[string]string) (target, error) {
	names, ok := scopes[scope]
	if !ok {
		return target{}, errors.New("--scope must be tenant, channel, lead or conversation")
	}
	what, used := target{scope: scope}, 0
	for _, name := range names {
		if err := plain(given[name]); err != nil {
			return target{}, fmt.Errorf("--%s: %w", name, err)
		}
		what.values = append(what.values, given[name])
	}
	for _, value := range given {
		if value != "" {
			used++
		}
	}
	if used > len(names) {
		return target{}, fmt.Errorf("the scope %s takes --%s only", scope, strings.Join(names, " and --"))
	}
	return what, nil
}

// plain refuses what cannot be an ID, above all the characters that separate IDs within
// the platform's keys.
func plain(id string) error {
	if id == "" {
		return errors.New("the scope needs this ID")
	}
	if strings.ContainsAny(id, "#|/") || strings.ContainsFunc(id, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return errors.New("an ID has no spaces and none of # | /")
	}
	return nil
}

// notice is the same requester for the same target, so that a call that is repeated
// while its request is open joins it; afterwards it is a new request.
func (what target) notice(now time.Time) ledger.Notice {
	fields := map[string]string{}
	for i, name := range scopes[what.scope] {
		fields[name+"_id"] = what.values[i]
	}
	requester := append([]string{"scope", what.scope}, what.values...)
	return ledger.Notice{
		Intake:    "operator",
		Asked:     request.Asked{Kind: request.DataDeletion, ReceivedAt: now, Cutoff: now},
		Identity:  ledger.Identity{Kind: what.scope, Fields: fields},
		Requester: requester,
		Occasion:  append([]string{"operator", now.Format(time.RFC3339Nano)}, requester...),
	}
}

func (t *tool) admit(ctx context.Context, what target, base string) (request.Request, error) {
	code, err := t.secret(ctx, "code")
	if err != nil {
		return request.Request{}, err
	}
	fingerprint, err := t.secret(ctx, "fingerprint")
	if err != nil {
		return request.Request{}, err
	}
	now := t.now().UTC()
	r, err := t.ledger().Admit(ctx, what.notice(now), ledger.Keys{Code: code, Fingerprint: fingerprint})
	if err != nil {
		return request.Request{}, err
	}
	confirmation, err := ledger.Code(r, code)
	if err != nil {
		return r, err
	}
	t.say("request            %s", r.ID)
	t.say("confirmation code  %s", confirmation.Reveal())
	t.say("status             %s/status/%s", base, confirmation.Reveal())
	t.say("due                %s", stamp(r.DueAt))
	if !r.ReceivedAt.Equal(now) {
		t.say("It was open already and has taken this one in.")
	}
	if !r.InOutbox() {
		t.say("It runs already (run %d).", r.Run)
	}
	desk, err := t.desk()
	if err == nil {
		t.announce(ctx, desk, r)
	}
	return r, err
}
