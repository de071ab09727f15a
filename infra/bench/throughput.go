package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// contest is the purge and bare loops over guests alike, round after round, on one
// DynamoDB Local.
type contest struct {
	messages int
	rounds   int
	entries  []*entry
}

// entry is one way of deleting. took and engine have one time for each round.
type entry struct {
	name   string
	run    func(ctx context.Context, g guest) (time.Duration, error)
	took   []time.Duration
	engine []time.Duration // CPU time of DynamoDB Local, which tells less of who else is here
}

func (p *platform) contest(messages, rounds int) contest {
	return contest{messages, rounds, []*entry{
		{name: "bare loop", run: p.bare(1)},
		{name: "bare loop, 4 batches at a time", run: p.bare(4)},
		{name: "purge", run: func(ctx context.Context, g guest) (time.Duration, error) {
			done, err := p.erase(ctx, g, nil)
			return done.took, err
		}},
	}}
}

// hold runs the entries in turn, each round in the other direction, so that what grows
// with time helps and harms all alike. The first round only warms the engine up.
func (p *platform) hold(ctx context.Context, c contest) error {
	for round := range c.rounds + 1 {
		entries := slices.Clone(c.entries)
		if round%2 == 1 {
			slices.Reverse(entries)
		}
		for _, e := range entries {
			if err := p.round(ctx, c.messages, e); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			if round == 0 {
				e.took, e.engine = nil, nil
			}
		}
	}
	return nil
}

func (p *platform) round(ctx context.Context, messages int, e *entry) error {
	g, err := p.welcome(ctx, messages)
	if err != nil {
		return err
	}
	if err := p.write(ctx, g); err != nil {
		return err
	}
	before, err := p.engine()
	if err != nil {
		return err
	}
	took, err := e.run(ctx, g)
	if err != nil {
		return err
	}
	after, err := p.engine()
	if err != nil {
		return err
	}
	e.took, e.engine = append(e.took, took), append(e.engine, after-before)
	left, err := p.left(ctx, g)
	if err == nil && left > 0 {
		err = fmt.Errorf("%d messages are left", left)
	}
	return err
}

func (p *platform) engine() (time.Duration, error) {
	use, err := usageOf(p.stack.EnginePID("DynamoDB Local"))
	return use.cpu, err
}

// bare is what anybody would write: Query, BatchWriteItem, nothing else.
func (p *platform) bare(atOnce int) func(ctx context.Context, g guest) (time.Duration, error) {
	return func(ctx context.Context, g guest) (time.Duration, error) {
		began := time.Now()
		in := &dynamodb.QueryInput{TableName: table, ConsistentRead: aws.Bool(true),
			KeyConditionExpression:    aws.String("conversation_id = :c"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":c": text(g.conversation())}}
		pages := dynamodb.NewQueryPaginator(p.db, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return 0, err
			}
			if err := p.deleteAll(ctx, page.Items, atOnce); err != nil {
				return 0, err
			}
		}
		return time.Since(began), nil
	}
}

func (p *platform) deleteAll(ctx context.Context, items []map[string]types.AttributeValue, atOnce int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for batch := range slices.Chunk(items, 25) {
		group.Go(func() error {
			var writes []types.WriteRequest
			for _, item := range batch {
				writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: messageKeyOf(item)}})
			}
			_, err := p.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{messagesTable: writes}})
			return err
		})
	}
	return group.Wait()
}

// at is one of the times in order: the first is the fastest.
func at(times []time.Duration, place int) time.Duration {
	return slices.Sorted(slices.Values(times))[place]
}

func (c contest) rate(took time.Duration) float64 { return float64(c.messages) / took.Seconds() }

// print gives every entry against the first.
func (c contest) print(out io.Writer) {
	fmt.Fprintf(out, "| %d messages of one lead, %d rounds | deletes/s: fastest | median | CPU of the engine, ms per 1,000 | fastest against the bare loop's |\n|---|---:|---:|---:|---:|\n", c.messages, c.rounds)
	for _, e := range c.entries {
		engine := at(e.engine, len(e.engine)/2).Seconds() * 1e6 / float64(c.messages)
		fmt.Fprintf(out, "| %s | %.0f | %.0f | %.0f | %.0f %% |\n", e.name, c.rate(at(e.took, 0)), c.rate(at(e.took, len(e.took)/2)), engine, 100*c.against(e))
	}
	fmt.Fprintln(out)
}

// against compares the fastest rounds: whatever else runs here only ever slows one down.
func (c contest) against(e *entry) float64 {
	return at(c.entries[0].took, 0).Seconds() / at(e.took, 0).Seconds()
}

// check holds the purge, the last entry, to its share of the bare loop.
func (c contest) check() error {
	purge := c.entries[len(c.entries)-1]
	if ratio := c.against(purge); ratio < minThroughput {
		return fmt.Errorf("the purge deletes at %.0f %% of a bare loop's rate, at least %.0f %% are wanted", 100*ratio, 100*minThroughput)
	}
	return nil
}
