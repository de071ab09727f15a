package livedata

import (
	"context"
	"errors"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// Budget bounds what this service takes of a table's capacity, so that live traffic comes
// first.
//
// Wait returns when a call may begin, or with an error when none may. Spent is told
// afterwards what a call took, in units as DynamoDB counts them. Throttled is told, at
// once, that DynamoDB refused a call for want of capacity, wholly or in part; it does not
// wait.
type Budget interface {
	Wait(ctx context.Context, store string) error
	Spent(store string, units float64)
	Throttled(ctx context.Context, store string) error
}

// account is what calls on one store are charged to: a budget, or none.
type account struct {
	within Budget
	store  string
}

func (d DynamoDB) writes(store datamap.Store) account { return account{d.Budget, store.Name} }

func (d DynamoDB) reads(store datamap.Store) account { return account{d.ReadBudget, store.Name} }

func (a account) await(ctx context.Context) error {
	if a.within == nil {
		return nil
	}
	return a.within.Wait(ctx, a.store)
}

func (a account) spent(capacity ...types.ConsumedCapacity) {
	for _, c := range capacity {
		if a.within != nil {
			a.within.Spent(a.store, aws.ToFloat64(c.CapacityUnits))
		}
	}
}

// took is spent for the answers that tell of one table.
func (a account) took(capacity *types.ConsumedCapacity) {
	if capacity != nil {
		a.spent(*capacity)
	}
}

func (a account) throttled(ctx context.Context) error {
	if a.within == nil {
		return nil
	}
	return a.within.Throttled(ctx, a.store)
}

// refused charges and reports a call that failed, and returns the failure. A condition
// that does not hold costs a unit, which its answer does not tell.
func (a account) refused(ctx context.Context, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	switch api.ErrorCode() {
	case "ConditionalCheckFailedException":
		a.spent(types.ConsumedCapacity{CapacityUnits: aws.Float64(1)})
	case "ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded":
		return errors.Join(err, a.throttled(ctx))
	}
	return err
}

// failures are those of calls that run at the same time and are cancelled together.
type failures struct {
	mu   sync.Mutex
	errs []error
}

// note keeps a failure, unless it only says that another came before it.
func (f *failures) note(err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil && (len(f.errs) == 0 || !errors.Is(err, context.Canceled)) {
		f.errs = append(f.errs, err)
	}
	return err
}

// all is every failure; ctx is the one above that of the calls, which may have ended
// before any of them began.
func (f *failures) all(ctx context.Context) error {
	if len(f.errs) == 0 {
		return ctx.Err()
	}
	return errors.Join(f.errs...)
}
