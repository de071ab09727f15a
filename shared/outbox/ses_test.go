package outbox

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

func TestWhatAnErrorOfSESMeans(t *testing.T) {
	client := func(code string) error { return &smithy.GenericAPIError{Code: code, Fault: smithy.FaultClient} }
	for _, c := range []struct {
		err  error
		want fault.Kind
	}{
		{client("MessageRejected"), fault.Permanent},
		{client("BadRequestException"), fault.Permanent},
		{client("TooManyRequestsException"), fault.Conflict},
		{client("SendingPausedException"), fault.Conflict},
		{client("AccountSuspendedException"), fault.Conflict},
		{client("LimitExceededException"), fault.Conflict},
		{client("MailFromDomainNotVerifiedException"), fault.Conflict},
		{client("AccessDeniedException"), fault.Conflict},
		{&smithy.GenericAPIError{Code: "InternalFailure", Fault: smithy.FaultServer}, fault.Retry},
		{errors.New("connection reset"), fault.Retry},
	} {
		if got := fault.KindOf(sendFault(c.err)); got != c.want {
			t.Errorf("%v is %s, want %s", c.err, got, c.want)
		}
	}
}
