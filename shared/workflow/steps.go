package workflow

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/purge"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/shred"
	"github.com/mikla-ai/data-deletion/shared/verify"
)

// MaxMisses is how often verification may send a request back before a person looks.
const MaxMisses = 3

// Locate finds the subjects and freezes them.
type Locate struct {
	Ledger *ledger.Ledger
	Finder locate.Finder
	Now    func() time.Time
}

func (s Locate) Run(ctx context.Context, m Message) (Message, error) {
	r, err := owned(ctx, s.Ledger, m)
	if err != nil {
		return m, err
	}
	if r.State != request.Received || r.Closing {
		return m.then(resume(r)), nil // a restarted run: the subjects are frozen
	}
	if s.Ledger, err = s.Ledger.OpenCase(ctx, r.ID); err != nil {
		return m, err
	}
	who, err := s.Ledger.Identity(ctx, r.ID)
	if err != nil {
		return m, err
	}
	if who.Kind == ledger.Claimed {
		return s.claimed(ctx, r, m)
	}
	subjects, named, err := s.Finder.Resolve(ctx, who, r.Cutoff)
	if err != nil {
		return m, err
	}
	return s.freeze(ctx, r, m, subjects, named)
}

// claimed looks for who fits what was said. Nobody for certain is the same answer to the
// requester whatever did not fit, and goes to a person if something did.
func (s Locate) claimed(ctx context.Context, r request.Request, m Message) (Message, error) {
	var said claim.Claim
	if found, err := s.Ledger.Facts(ctx, r.ID, &said); err != nil || !found {
		return m, errors.Join(err, missing(found))
	}
	said.At = r.Cutoff
	found, err := claim.Match(ctx, s.Finder, said)
	if err != nil {
		return m, err
	}
	frozen, err := s.Ledger.Subjects(ctx, r.ID)
	if err != nil {
		return m, err
	}
	if found.Certain() || len(frozen) > 0 {
		return s.freeze(ctx, r, m, found.Subjects, true)
	}
	r, err = s.Ledger.Update(ctx, r.ID, m.Run, func(r *request.Request) error {
		if r.State != request.Received {
			return nil
		}
		for _, place := range r.Notify {
			r.Owe(request.NotIdentified, place, s.Now()) // again, if a further detail did not help
		}
		return r.Unclear(found.Doubt, s.Now())
	})
	return m.then(resume(r)), err
}

func missing(found bool) error {
	if found {
		return nil
	}
	return fault.New(fault.Permanent, "a request by claim has no facts")
}

// freeze writes the subjects down and moves the request on.
func (s Locate) freeze(ctx context.Context, r request.Request, m Message, subjects []ledger.Subject, named bool) (Message, error) {
	frozen, err := s.Ledger.Subjects(ctx, r.ID)
	if err != nil {
		return m, err
	}
	subjects = s.Finder.Join(frozen, subjects)
	// Frozen before the request is said to match: dying here only locates again.
	if err := s.Ledger.FreezeSubjects(ctx, r.ID, m.Run, subjects); err != nil {
		return m, err
	}
	cutoff := r.Cutoff
	r, err = s.Ledger.Update(ctx, r.ID, m.Run, func(r *request.Request) error {
		r.Freeze(s.Now())
		r.Frozen = &cutoff // a notice that came while we looked sends the request round again
		return s.found(r, subjects, named)
	})
	return m.then(resume(r)), err
}

// found moves a request on after its data was looked for.
func (s Locate) found(r *request.Request, subjects []ledger.Subject, named bool) error {
	erasable := s.Finder.Erasable(subjects)
	switch {
	case !named:
		r.Ending = request.CouldNotIdentify
	case len(subjects) == 0:
		r.Ending = request.NothingFound
	case len(erasable) == 0:
		return r.Move(request.NeedsReview, s.Now())
	default:
		for _, scope := range erasable {
			for _, store := range s.Finder.Map.Outside(scope.Name) {
				r.Concerns(store.Name)
			}
		}
		r.Ending = request.Completed
		return r.Move(request.Matched, s.Now())
	}
	return nil
}

// resume says where a request goes on whose subjects are frozen.
func resume(r request.Request) string {
	switch {
	case r.State.Terminal():
		return NextDone
	case r.State == request.CoolingOff:
		return NextFence // to be purged now, or to be shown again
	case r.Closing:
		return NextClose
	case r.State.Waiting():
		return NextReview
	case r.State == request.Received:
		return NextClose
	}
	return NextFence
}

// Fence puts the subjects behind tombstones. What may be taken back for a while is only
// hidden first, and its intake closed: a tombstone would outlive the change of mind.
type Fence struct {
	Ledger *ledger.Ledger
	Fence  fence.Fence
}

func (s Fence) Run(ctx context.Context, m Message) (Message, error) {
	r, err := owned(ctx, s.Ledger, m)
	if err != nil {
		return m, err
	}
	switch {
	case r.State == request.CoolingOff && r.Closing:
		return m.then(NextClose), s.show(ctx, r)
	case r.State == request.Matched && r.Undo > 0:
		return s.cool(ctx, r, m)
	case r.State != request.Matched && r.State != request.CoolingOff:
		return m.then(NextPurge), nil // fenced; what the purge has shown again stays shown
	}
	if r.Revocable() {
		r, err = s.Ledger.Update(ctx, m.RequestID, m.Run, func(r *request.Request) error { return r.Settle() })
		if err != nil {
			return m, err
		}
	}
	if err := s.Fence.Run(ctx, r); err != nil {
		return m, err
	}
	_, err = s.Ledger.Update(ctx, m.RequestID, m.Run, func(r *request.Request) error {
		if r.State != request.Matched && r.State != request.CoolingOff {
			return nil // further on already
		}
		if r.Closing {
			return fault.New(fault.Conflict, "the request was taken back")
		}
		at := s.Fence.Now()
		r.FencedAt = &at
		return r.Move(request.Purging, at)
	})
	return m.then(NextPurge), err
}

// show shows the subjects again. Once the case file goes that was done: the close after it
// died, and only that is left.
func (s Fence) show(ctx context.Context, r request.Request) error {
	_, err := s.Ledger.OpenCase(ctx, r.ID)
	if fault.KindOf(err) == fault.Conflict && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Fence.Show(ctx, r)
}

// cool hides the subjects, tells everybody who can take it back, and leaves the rest to
// the run after the time for that.
func (s Fence) cool(ctx context.Context, r request.Request, m Message) (Message, error) {
	if err := s.Fence.Hide(ctx, r); err != nil {
		return m, err
	}
	_, err := s.Ledger.Update(ctx, m.RequestID, m.Run, func(r *request.Request) error {
		if r.State != request.Matched {
			return nil
		}
		for _, place := range r.Notify {
			r.Owe(request.ClosureStarted, place, s.Fence.Now())
		}
		return r.Cool(s.Fence.Now())
	})
	return m.then(NextDone), err
}

// Purge deletes the live data.
type Purge struct {
	Ledger *ledger.Ledger
	Purger purge.Purger
	Now    func() time.Time
}

func (s Purge) Run(ctx context.Context, m Message) (Message, error) {
	r, err := owned(ctx, s.Ledger, m)
	if err != nil {
		return m, err
	}
	if r.Closing || (r.State != request.Purging && r.State != request.Verifying) {
		return m, fault.New(fault.Conflict, "the request is not being purged")
	}
	done, err := s.Purger.Run(ctx, m.RequestID, m.Run)
	if err != nil {
		return m, err
	}
	if !done {
		return m.then(NextPurge), s.progress(ctx, m)
	}
	return m.then(NextShred), nil
}

// progress keeps the sweep from taking a long purge for a stuck one.
func (s Purge) progress(ctx context.Context, m Message) error {
	_, err := s.Ledger.Update(ctx, m.RequestID, m.Run, func(r *request.Request) error {
		r.Progress(s.Now())
		return nil
	})
	return err
}

// Shred makes the backups of what was purged unreadable.
type Shred struct {
	Ledger   *ledger.Ledger
	Shredder shred.Shredder
	Now      func() time.Time
}

func (s Shred) Run(ctx context.Context, m Message) (Message, error) {
	r, err := owned(ctx, s.Ledger, m)
	if err != nil {
		return m, err
	}
	if r.Closing || (r.State != request.Purging && r.State != request.Verifying) {
		return m, fault.New(fault.Conflict, "the request is not being purged")
	}
	if s.Shredder.Ledger, err = s.Ledger.OpenCase(ctx, r.ID); err != nil {
		return m, err
	}
	if err := s.Shredder.Run(ctx, r); err != nil {
		return m, err
	}
	_, err = s.Ledger.Update(ctx, m.RequestID, m.Run, func(r *request.Request) error {
		if r.ShreddedAt == nil { // of one that is being verified it was lost with a miss, or is from before there were backups
			r.Shredded(s.Now())
		}
		return r.Move(request.Verifying, s.Now())
	})
	return m.then(NextVerify), err
}

// Verify reads independently and sends back what is not empty.
type Verify struct {
	Ledger   *ledger.Ledger
	Verifier verify.Verifier
	Now      func() time.Time
	Log      *slog.Logger
}

func (s Verify) Run(ctx context.Context, m Message) (Message, error) {
	r, err := owned(ctx, s.Ledger, m)
	if err != nil {
		return m, err
	}
	if r.State != request.Verifying {
		return m.then(NextPurge), nil // sent back already; only that answer was lost
	}
	missed, err := s.Verifier.Run(ctx, r)
	if err != nil {
		return m, err
	}
	for _, unread := range missed.Unread {
		s.Log.ErrorContext(ctx, "a snapshot is damaged", "request_id", m.RequestID, "error", fault.Describe(unread))
	}
	if !missed.Nothing() {
		s.Log.WarnContext(ctx, "verification found data", "request_id", m.RequestID,
			"left", missed.Left, "unfrozen", missed.Unfrozen, "round", r.Rounds)
		return s.sendBack(ctx, m, missed)
	}
	_, err = s.Ledger.Update(ctx, m.RequestID, m.Run, func(r *request.Request) error {
		r.VerifiedEmpty(s.Now())
		return nil
	})
	return m.then(NextClose), err
}

// sendBack has what was found purged again; a subject that was never frozen is
// located and fenced first.
func (s Verify) sendBack(ctx context.Context, m Message, missed verify.Missed) (Message, error) {
	next, state := NextPurge, request.Purging
	if missed.Unfrozen > 0 {
		next, state = NextLocate, request.Received
	}
	r, err := s.Ledger.Update(ctx, m.RequestID, m.Run, func(r *request.Request) error {
		if r.Missed(); r.Misses > MaxMisses {
			return nil
		}
		return r.Move(state, s.Now())
	})
	if err != nil {
		return m, err
	}
	if r.Misses > MaxMisses {
		return m.then(NextOperator), nil
	}
	return m.then(next), nil
}

// Mails are the inbound mails as they arrived, and what was decided of each.
type Mails interface {
	// Remove deletes them; one that is gone is a success.
	Remove(ctx context.Context, sesIDs []string) error
}

// Letters are told that a request owes some.
type Letters interface {
	Send(ctx context.Context, requestID string) error
}

// Close gives the request its end, or leaves it to a person.
type Close struct {
	Ledger  *ledger.Ledger
	Mails   Mails
	Letters Letters
	Map     *datamap.Map
	// Recovery is how far back live tables can be restored to.
	Recovery time.Duration
	Now      func() time.Time
	Log      *slog.Logger
}

func (s Close) Run(ctx context.Context, m Message) (Message, error) {
	if m.Leave == NextOperator {
		return s.park(ctx, m)
	}
	r, err := owned(ctx, s.Ledger, m)
	if err != nil {
		return m, err
	}
	if r.State.Terminal() || r.State.Waiting() && !r.Closing {
		return m.then(NextDone), nil
	}
	if r.Frozen == nil && !r.Closing { // one that ends without a look at any data has none
		return m.then(NextLocate), nil // sent round again already; only that answer was lost
	}
	subjects, cursor, err := s.file(ctx, r)
	if err != nil {
		return m, err
	}
	r, err = s.Ledger.Update(ctx, r.ID, m.Run, func(r *request.Request) error { return s.decide(r, subjects, cursor) })
	switch {
	case err != nil:
		return m, err
	case r.State == request.Received && !r.Closing:
		return m.then(NextLocate), nil
	case r.State.Waiting() && !r.Closing:
		return m.then(NextReview), nil
	}
	return s.finish(ctx, r, m)
}

// file reads what the close needs of the case file; one that a close before this has
// begun to scrub is read no more.
func (s Close) file(ctx context.Context, r request.Request) ([]ledger.Subject, ledger.Cursor, error) {
	if r.Closing {
		return nil, ledger.Cursor{}, nil
	}
	opened, err := s.Ledger.OpenCase(ctx, r.ID)
	if err != nil {
		return nil, ledger.Cursor{}, err
	}
	subjects, err := opened.Subjects(ctx, r.ID)
	if err != nil {
		return nil, ledger.Cursor{}, err
	}
	cursor, err := opened.Cursor(ctx, r.ID)
	return subjects, cursor, err
}

// decide notes the results and whether the request may close: not if a later notice
// raised its cutoff meanwhile, and not if a part of it waits for a person.
func (s Close) decide(r *request.Request, subjects []ledger.Subject, cursor ledger.Cursor) error {
	if r.Closing {
		return nil
	}
	if r.Superseded() {
		return r.Again(s.Now())
	}
	if r.Ending == request.Completed {
		if r.State != request.Verifying || r.ErasedAt == nil || r.ShreddedAt == nil {
			return fault.New(fault.Conflict, "the request is not verified")
		}
		r.Erased, r.Results = cursor.Erased, s.results(subjects, r.ErasedAt)
		r.Kept = s.kept(subjects, *r.ErasedAt)
		r.Unreadable(s.Recovery)
		for _, task := range s.tasks(subjects) {
			r.Leave(task)
		}
		if r.Pending() {
			return r.Move(request.AwaitingExternal, s.Now())
		}
		if slices.ContainsFunc(r.Results, func(result request.Result) bool { return result.Outcome != request.Completed }) {
			return r.Move(request.NeedsReview, s.Now())
		}
	}
	r.Closing = true
	return nil
}

// finish scrubs the mails and the case file and only then ends the request: dying in
// between leaves a request that is closing, and closing again scrubs again. The letter
// that tells the end is owed in the very write that says it.
func (s Close) finish(ctx context.Context, r request.Request, m Message) (Message, error) {
	if err := s.Mails.Remove(ctx, r.Mails); err != nil {
		return m, err
	}
	if err := s.Ledger.Scrub(ctx, m.RequestID); err != nil {
		return m, err
	}
	r, err := s.Ledger.Update(ctx, m.RequestID, m.Run, func(r *request.Request) error {
		if r.State.Terminal() {
			return nil
		}
		r.Closing = false
		r.OweEnd(r.Ending, s.Now())
		return r.Move(r.Ending, s.Now())
	})
	if err != nil {
		return m, err
	}
	s.Log.InfoContext(ctx, "request closed", "request_id", m.RequestID, "outcome", r.State, "erased", r.Erased)
	if r.PostDue(s.Now()) {
		if err := s.Letters.Send(ctx, r.ID); err != nil { // the sweep does within minutes
			s.Log.WarnContext(ctx, "letters not announced", "request_id", r.ID, "error", fault.Describe(err))
		}
	}
	return m.then(NextDone), nil
}

func (s Close) results(subjects []ledger.Subject, at *time.Time) []request.Result {
	var out []request.Result
	for _, subject := range subjects {
		if _, erased := s.Map.Scope(subject.Form); erased {
			out = append(out, request.Result{Outcome: request.Completed, ErasedAt: at})
		} else if !s.found(subjects, subject) {
			out = append(out, request.Result{Outcome: request.NeedsReview})
		}
	}
	return out
}

// revokeAtMeta is left to the operator: the tokens are gone here, and Meta has not been
// told.
const revokeAtMeta = "revoke_at_meta"

// tasks lists what has to be done by hand for what was erased.
func (s Close) tasks(subjects []ledger.Subject) []string {
	for _, subject := range subjects {
		if scope, ok := s.Map.Scope(subject.Form); ok && s.Map.LosesAtOnce(scope) {
			return []string{revokeAtMeta}
		}
	}
	return nil
}

// found says that where nothing fitted at first somebody was found later: by a further
// detail, or by a person.
func (s Close) found(subjects []ledger.Subject, unmatched ledger.Subject) bool {
	return unmatched.Form == claim.Unmatched && slices.ContainsFunc(subjects, func(other ledger.Subject) bool {
		_, erased := s.Map.Scope(other.Form)
		return erased && other.Fields["tenant_id"] == unmatched.Fields["tenant_id"]
	})
}

// kept lists what stays of any of the subjects.
func (s Close) kept(subjects []ledger.Subject, erasedAt time.Time) []request.Kept {
	var categories []string
	for _, subject := range subjects {
		categories = append(categories, s.Map.KeptAfter(subject.Form)...)
	}
	var out []request.Kept
	for i, category := range categories {
		if slices.Contains(categories[:i], category) {
			continue
		}
		kept := s.Map.Kept[category]
		k := request.Kept{Category: category, Reason: kept.Reason}
		if kept.Months > 0 {
			until := erasedAt.AddDate(0, kept.Months, 0)
			k.Until = &until
		}
		out = append(out, k)
	}
	return out
}

// park leaves a request that cannot proceed to the operator.
func (s Close) park(ctx context.Context, m Message) (Message, error) {
	_, err := s.Ledger.Update(ctx, m.RequestID, m.Run, func(r *request.Request) error {
		if r.State.Terminal() || r.State.Waiting() || r.Closing {
			return nil // of one that is closing only the scrubbing is left: the sweep restarts it
		}
		return r.Move(request.NeedsOperator, s.Now())
	})
	if err == nil {
		s.Log.ErrorContext(ctx, "request waits for the operator", "request_id", m.RequestID)
	}
	return m.then(NextOperator), err
}
