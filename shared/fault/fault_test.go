package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

const personal = "+49 151 00000001" // what a foreign error may quote

func aws(code string) error {
	return &smithy.OperationError{ServiceID: "DynamoDB", OperationName: "PutItem",
		Err: &smithy.GenericAPIError{Code: code, Message: personal}}
}

func TestKindAndDescription(t *testing.T) {
	own := fault.New(fault.Invalid, "a message lacks its run")
	for name, c := range map[string]struct {
		err      error
		kind     fault.Kind
		describe string
	}{
		"own":                     {own, fault.Invalid, "a message lacks its run"},
		"wrapped keeps its kind":  {fault.Wrap("start", own), fault.Invalid, "start: a message lacks its run"},
		"as takes another":        {fault.As(fault.Permanent, "start", own), fault.Permanent, "start: a message lacks its run"},
		"as without a cause":      {fault.As(fault.Permanent, "start", nil), fault.Permanent, "start"},
		"under a foreign one":     {fmt.Errorf("%s: %w", personal, own), fault.Invalid, "a message lacks its run"},
		"under a foreign in ours": {fault.Wrap("start", fmt.Errorf("%s: %w", personal, own)), fault.Invalid, "start: a message lacks its run"},
		"joined":                  {errors.Join(errors.New(personal), own), fault.Invalid, "a message lacks its run"},
		"foreign":                 {errors.New(personal), fault.Internal, "internal error"},
		"foreign in ours":         {fault.Wrap("start", errors.New(personal)), fault.Internal, "start: internal error"},
		"deadline":                {fmt.Errorf("%s: %w", personal, context.DeadlineExceeded), fault.Retry, "deadline exceeded"},
		"cancelled":               {fault.Wrap("start", context.Canceled), fault.Retry, "start: canceled"},
		"condition":               {fault.Wrap("write", aws("ConditionalCheckFailedException")), fault.Conflict, "write: ConditionalCheckFailedException"},
		"transaction":             {aws("TransactionCanceledException"), fault.Conflict, "TransactionCanceledException"},
		"throttled":               {aws("ThrottlingException"), fault.Retry, "ThrottlingException"},
		"service down":            {aws("InternalServerError"), fault.Retry, "InternalServerError"},
		"no permission":           {aws("AccessDeniedException"), fault.Internal, "AccessDeniedException"},
		"no permission (S3)":      {aws("AccessDenied"), fault.Internal, "AccessDenied"},
		"no table":                {aws("ResourceNotFoundException"), fault.Internal, "ResourceNotFoundException"},
		"no bucket":               {aws("NoSuchBucket"), fault.Internal, "NoSuchBucket"},
		"malformed call":          {aws("ValidationException"), fault.Internal, "ValidationException"},
		"nothing":                 {nil, fault.Internal, ""},
		"nothing, wrapped":        {fault.Wrap("start", nil), fault.Internal, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fault.KindOf(c.err); got != c.kind {
				t.Errorf("kind is %s, want %s", got, c.kind)
			}
			if got := fault.Describe(c.err); got != c.describe {
				t.Errorf("described as %q, want %q", got, c.describe)
			}
		})
	}
}

func TestErrorCarriesItsCause(t *testing.T) {
	cause := errors.New("the cause")
	err := fault.As(fault.Retry, "write", cause)
	if !errors.Is(err, cause) || err.Error() != "write: the cause" || fault.New(fault.Retry, "write").Error() != "write" {
		t.Errorf("got %q", err)
	}
	if fault.Wrap("write", nil) != nil {
		t.Error("nothing became an error")
	}
}

func TestEveryKindHasAName(t *testing.T) {
	seen := map[string]bool{"": true}
	for k := fault.Internal; k <= fault.NotFound; k++ {
		if seen[k.String()] {
			t.Errorf("kind %d is named %q", k, k)
		}
		seen[k.String()] = true
	}
}
