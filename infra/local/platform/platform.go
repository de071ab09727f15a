// Package platform stands in for Mikla's platform where the local stack and tests need
// one: it takes what Meta's webhooks bring and stores it, behind the fence, as
// shared/fence/README.md asks of the real one. It dates everything as Meta does and
// has no clock of its own.
package platform

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// Platform stores events. Names are the physical names of the data map's stores:
// tenants, channels, leads, links, conversations, messages, metrics, media and
// tombstones.
type Platform struct {
	DynamoDB *dynamodb.Client
	S3       *s3.Client // only for attachments
	Names    map[string]string
	// Keys reads the fingerprint secret. It must not be older than the contract allows.
	Keys func(context.Context) (secrets.Versioned, error)
	// NewID makes the ID of a new lead or conversation after a prefix. It must not be
	// made from what the person is called: who comes back after a deletion is somebody
	// new.
	NewID func(prefix string) string
}

// RandomID makes IDs that say nothing.
func RandomID(prefix string) string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefix + hex.EncodeToString(b[:])
}

// attempts bound how often an event is planned anew because others wrote meanwhile.
// Each time one of them got on.
const attempts = 20

// pause is the wait before the second attempt; it grows with each.
const pause = 2 * time.Millisecond

// errBusy ends an event that others were always faster than. It can be sent again.
var errBusy = errors.New("others kept writing what the event needs; send it again")

// Ingest stores an event and what it says about its sender, once, or says why not. An
// error leaves open whether it was stored: the same event can be sent again.
func (p Platform) Ingest(ctx context.Context, e Event) (Receipt, error) {
	if err := e.check(); err != nil {
		return Receipt{}, err
	}
	keys, err := p.Keys(ctx)
	if err != nil {
		return Receipt{}, err
	}
	for n := range attempts {
		if err := wait(ctx, time.Duration(n)*pause); err != nil {
			return Receipt{}, err
		}
		receipt, err := p.attempt(ctx, keys, e)
		if err != nil || receipt.Outcome != "" {
			return receipt, err
		}
	}
	return Receipt{}, errBusy
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// attempt plans and writes. A receipt without an outcome says that others wrote
// meanwhile.
func (p Platform) attempt(ctx context.Context, keys secrets.Versioned, e Event) (Receipt, error) {
	channel, err := p.get(ctx, "channels", item{"tenant_id": text(e.Tenant), "channel_id": text(e.Channel)})
	if err != nil {
		return Receipt{}, err
	}
	if channel == nil {
		return Receipt{Outcome: Closed}, nil
	}
	pl, err := p.plan(ctx, e, channel)
	if err != nil {
		return Receipt{}, err
	}
	outcome, err := p.write(ctx, keys, pl)
	if err != nil {
		return Receipt{}, err
	}
	if outcome == Stored || outcome == Duplicate {
		if err := p.upload(ctx, pl); err != nil {
			return Receipt{}, err
		}
		return Receipt{outcome, pl.leadID(), pl.conversationID()}, nil
	}
	return Receipt{Outcome: outcome}, nil
}

// write sends everything in one transaction, with the fence's condition in it: a look
// at the tombstones before the write would race with a deletion that begins between
// the two.
func (p Platform) write(ctx context.Context, keys secrets.Versioned, pl plan) (Outcome, error) {
	condition := fence.Condition{Tombstones: p.Names["tombstones"], Channels: p.Names["channels"], Tenants: p.Names["tenants"], Keys: keys}
	guard, err := condition.Items(pl.fenced())
	if err != nil {
		return "", err
	}
	items := append(p.writes(pl), guard...)
	_, err = p.DynamoDB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	switch condition.Refusal(err, items) {
	case fence.Erased:
		return Dropped, nil
	case fence.Closed:
		return Closed, nil
	}
	if err == nil {
		return Stored, nil
	}
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return "", err
	}
	if len(canceled.CancellationReasons) > 0 && aws.ToString(canceled.CancellationReasons[0].Code) == "ConditionalCheckFailed" {
		return Duplicate, nil // the message is the first item
	}
	return "", nil
}
