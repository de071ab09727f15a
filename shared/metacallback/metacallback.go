// Package metacallback is the intake for Meta's signed callbacks: it verifies a
// notice with the secrets of the app it came for, and admits it to the ledger.
package metacallback

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/signedrequest"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// App is one Meta app: its secrets, current and previous.
type App struct {
	Family  string   `json:"family"` // facebook or instagram
	Secrets []string `json:"secrets"`
}

// Secrets names the secrets that an admission needs.
type Secrets struct{ Apps, Code, Fingerprint string }

// Queue carries start messages.
type Queue interface {
	Send(ctx context.Context, m workflow.Message) error
}

// Intake takes notices in.
type Intake struct {
	Ledger  *ledger.Ledger
	Cache   *secrets.Cache
	Secrets Secrets
	Queue   Queue
	Log     *slog.Logger
}

// ErrUnknownApp says that the path names an app that is not ours.
var ErrUnknownApp = errors.New("unknown app")

// Notice is what the edge read from a callback.
type Notice struct {
	App           string
	Kind          request.Kind
	SignedRequest string
	ReceivedAt    time.Time
}

// App finds an app and its secrets.
func (in Intake) App(ctx context.Context, id string) (App, error) {
	src, err := in.Cache.Get(ctx, in.Secrets.Apps)
	if err != nil {
		return App{}, err
	}
	var apps map[string]App
	if err := json.Unmarshal(src, &apps); err != nil {
		return App{}, fault.New(fault.Permanent, "the secret of the Meta apps is not the JSON object that was expected")
	}
	app, ok := apps[id]
	if !ok || len(app.Secrets) == 0 {
		return App{}, ErrUnknownApp
	}
	return app, nil
}

// Receive verifies a notice and returns the confirmation code of its request, which
// is durable by then. It returns an error of signedrequest for a notice to refuse,
// and any other error for one that Meta should send again.
func (in Intake) Receive(ctx context.Context, app App, n Notice) (confirmation.Code, error) {
	verified, err := signedrequest.Verify(n.SignedRequest, app.Secrets, n.ReceivedAt)
	if err != nil {
		return "", err
	}
	keys, err := in.keys(ctx)
	if err != nil {
		return "", err
	}
	r, err := in.Ledger.Admit(ctx, noticeOf(n, verified), keys)
	if err != nil {
		return "", fault.Wrap("admit a notice", err)
	}
	in.start(ctx, r)
	return ledger.Code(r, keys.Code)
}

func (in Intake) keys(ctx context.Context) (ledger.Keys, error) {
	code, err := in.Cache.GetVersioned(ctx, in.Secrets.Code)
	if err != nil {
		return ledger.Keys{}, err
	}
	fingerprint, err := in.Cache.GetVersioned(ctx, in.Secrets.Fingerprint)
	return ledger.Keys{Code: code, Fingerprint: fingerprint}, err
}

// sendWithin leaves time to answer Meta when the queue hangs.
const sendWithin = 2 * time.Second

// start sends the start message. A failure is no failure of the intake: the request
// is in the outbox, and the sweep sends it within a minute.
func (in Intake) start(ctx context.Context, r request.Request) {
	if !r.InOutbox() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	if err := in.Queue.Send(ctx, workflow.For(r)); err != nil {
		in.Log.WarnContext(ctx, "start message left to the sweep", "request_id", r.ID, "error", fault.Describe(err))
	}
}

// noticeOf makes the ledger's notice. Meta's date has whole seconds, so the cutoff is
// the end of that second, but never later than the receipt: a clock that runs ahead
// must not reach into data that comes after the request.
func noticeOf(n Notice, verified signedrequest.Notice) ledger.Notice {
	user := verified.UserID.Reveal()
	cutoff := verified.IssuedAt.Add(time.Second - time.Nanosecond)
	if cutoff.After(n.ReceivedAt) {
		cutoff = n.ReceivedAt
	}
	out := ledger.Notice{
		Intake:   "meta",
		Asked:    request.Asked{Kind: n.Kind, ReceivedAt: n.ReceivedAt.UTC(), Cutoff: cutoff.UTC()},
		Identity: ledger.Identity{Kind: "meta_app_user", Fields: map[string]string{"app_id": n.App, "user_id": user}},
		Occasion: []string{"meta", n.App, user, strconv.FormatInt(verified.IssuedAt.Unix(), 10)},
	}
	if user != "" {
		out.Requester = []string{"meta", n.App, user}
	}
	return out
}
