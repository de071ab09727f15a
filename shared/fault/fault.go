// Package fault is the one vocabulary of outcomes that are not success. Every
// package says which kind a failure is; only the edges (HTTP answer, partial batch
// failure, state machine error) translate it.
package fault

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/smithy-go"
)

// Kind says what a caller can do about a failure.
type Kind int

const (
	Internal  Kind = iota // not classified; retried as Retry is, and looked at
	Retry                 // the same call may succeed later
	Permanent             // it never will without a person
	Conflict              // somebody else changed it first, or owns it now
	Invalid               // what was given is wrong
	NotFound              // what was named does not exist
)

var names = map[Kind]string{Internal: "internal", Retry: "retry later", Permanent: "permanent", Conflict: "conflict", Invalid: "invalid", NotFound: "not found"}

func (k Kind) String() string { return names[k] }

// Error is a failure with its kind. Op is text of ours and never holds data.
type Error struct {
	Kind Kind
	Op   string
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Op
	}
	return e.Op + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// New makes a failure of the given kind; op names what was wrong, expected and to do.
func New(kind Kind, op string) error { return &Error{Kind: kind, Op: op} }

// Wrap gives err the context op; the kind stays what it was.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: KindOf(err), Op: op, Err: err}
}

// As gives err the context op and the given kind.
func As(kind Kind, op string, err error) error { return &Error{Kind: kind, Op: op, Err: err} }

// KindOf finds the kind: our own first, then what AWS and the context say.
func KindOf(err error) Kind {
	var own *Error
	if errors.As(err, &own) {
		return own.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return Retry
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return ofCode(api.ErrorCode())
	}
	return Internal
}

func ofCode(code string) Kind {
	switch code {
	case "ConditionalCheckFailedException", "TransactionCanceledException":
		return Conflict
	case "AccessDeniedException", "AccessDenied", "ResourceNotFoundException", "NoSuchBucket", "ValidationException":
		// Wrong deployment, not a wrong request: retrying for hours heals a deploy in
		// progress, and the alarm tells somebody in the meantime.
		return Internal
	}
	return Retry
}

// Describe is a failure in words that are safe to log: our own context and AWS's
// error code, never the text of a foreign error, which may quote a key or a value.
func Describe(err error) string {
	var parts []string
	for err != nil {
		if own, ok := err.(*Error); ok {
			parts, err = append(parts, own.Op), own.Err
			continue
		}
		parts, err = append(parts, foreign(err)), nil
	}
	return strings.Join(parts, ": ")
}

func foreign(err error) string {
	var own *Error
	if errors.As(err, &own) {
		return Describe(own)
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "deadline exceeded"
	}
	if errors.Is(err, context.Canceled) {
		return "canceled"
	}
	return "internal error"
}
