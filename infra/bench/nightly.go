package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/rotation"
)

// night is what a snapshot of everybody took.
type night struct {
	name          string
	bytes, stored int64
	calls         map[string]int
	read, write   float64 // DynamoDB's units
	cpu           time.Duration
}

const (
	nightLeads = 160   // of a channel
	perCreated = 6     // write units of a key's transaction: the row, its parent, a tombstone, each twice
	priced     = 100e9 // bytes that a price is for
	core       = 1.769 // GB of memory for which Lambda gives one core
)

// measureNights copies a small crowd two nights in turn: in the first every key is made.
func measureNights(ctx context.Context) (out []night, err error) {
	root, err := os.MkdirTemp("", "nights")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	stones := fencetest.NewFake()
	b, err := newBackups(&crowd{channels: 1, leads: nightLeads, messages: perLead}, keystest.NewFake(stones), stones, folder{root})
	if err != nil {
		return nil, err
	}
	for i, name := range []string{"the first night", "a later night"} {
		one, err := b.night(ctx, name, time.Now().Add(time.Duration(i)*time.Second))
		if err != nil {
			return out, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (b *backups) night(ctx context.Context, name string, asOf time.Time) (night, error) {
	b.asked.clear()
	n := night{name: name}
	bytes, units, cpu := b.crowd.bytes.Load(), b.crowd.units.Load(), cpuTime()
	for channel := range b.crowd.channels {
		out, err := b.seal(ctx, channel, asOf)
		if err != nil {
			return n, err
		}
		n.stored += out.Bytes
	}
	n.cpu, n.bytes, n.calls = cpuTime()-cpu, b.crowd.bytes.Load()-bytes, maps.Clone(b.asked.calls)
	created := float64(n.calls["dynamodb TransactWriteItems"]) // each after a look at a tombstone
	n.read = float64(b.crowd.units.Load()-units)/2 + float64(n.calls["dynamodb GetItem"]) + created
	n.write = created*perCreated + float64(b.asked.saved)
	return n, nil
}

// bill is for so many bytes. Lambda's time is as if it were all computing.
func (n night) bill() bill {
	times := priced / float64(n.bytes)
	units := map[price]float64{dynamoRead: n.read, dynamoWrite: n.write, objectWrite: float64(n.calls["s3 PutObject"]),
		keyCall: float64(n.calls["kms Encrypt"] + n.calls["kms Decrypt"]), lambdaTime1: n.cpu.Seconds() * core}
	var b bill
	for p, count := range units {
		b = append(b, line{p, count * times})
	}
	slices.SortFunc(b, byService)
	return b
}

func printNights(out io.Writer, measured []night) {
	for _, n := range measured {
		fmt.Fprintf(out, "Snapshot of %.0f GB, %s, counted on a channel of %d leads, %.1f MB (%s) and scaled:\n\n",
			priced/1e9, n.name, nightLeads, float64(n.bytes)/1e6, callsText(n.calls))
		n.bill().print(out)
	}
	if len(measured) > 0 {
		n := measured[len(measured)-1]
		gb := priced / 1e9 * float64(n.stored) / float64(n.bytes)
		kept := rotation.Keep.Hours() / 24
		fmt.Fprintf(out, "Stored: %.1f GB a night, for %.0f nights: $%.2f a month.\n\n", gb, kept, gb*kept*objectMonth.dollars)
	}
}
