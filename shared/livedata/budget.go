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

// Budget bounds what this service writes to a table, so that live traffic comes first.
//
// Wait returns when a write may begin, or with an error when none may. Spent is told
// afterwards what a write took, in write units as DynamoDB counts them. Throttled is
// told, at once, that DynamoDB refused a write for want of capacity, wholly or in part;
// it does not wait.
type Budget interface {
	Wait(ctx context.Context, store string) error
	Spent(store string, units float64)
	Throttled(ctx context.Context, store string) error
}

func (d DynamoDB) await(ctx context.Context, store datamap.Store) error {
	if d.Budget == nil {
		return nil
	}
	return d.Budget.Wait(ctx, store.Name)
}

func (d DynamoDB) spent(store datamap.Store, capacity *types.ConsumedCapacity) {
	if d.Budget != nil && capacity != nil {
		d.Budget.Spent(store.Name, aws.ToFloat64(capacity.CapacityUnits))
	}
}

func (d DynamoDB) throttled(ctx context.Context, store datamap.Store) error {
	if d.Budget == nil {
		return nil
	}
	return d.Budget.Throttled(ctx, store.Name)
}

// refused charges and reports a write that failed, and returns the failure. A condition
// that does not hold costs a unit, which its answer does not tell.
func (d DynamoDB) refused(ctx context.Context, store datamap.Store, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	switch api.ErrorCode() {
	case "ConditionalCheckFailedException":
		d.spent(store, &types.ConsumedCapacity{CapacityUnits: aws.Float64(1)})
	case "ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded":
		return errors.Join(err, d.throttled(ctx, store))
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
