package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// retained is how many snapshots there are of the channel whose lead is deleted.
const retained = 30

// copyChannel has the function write snapshots of the guests' channel, an hour apart: of
// longer ago it takes none.
func (p *platform) copyChannel(ctx context.Context) error {
	world, err := json.Marshal(map[string][]client.Item{
		"tenants":  {{"tenant_id": tenant, "name": "Bench"}},
		"channels": {{"tenant_id": tenant, "channel_id": channel, "platform": "facebook", "external_key": "facebook#" + channel}},
	})
	if err != nil {
		return err
	}
	if err := p.client.Seed(ctx, world); err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	for hours := range retained {
		if err := p.copyAsOf(now.Add(-time.Duration(hours) * time.Hour)); err != nil {
			return err
		}
	}
	return nil
}

func (p *platform) copyAsOf(asOf time.Time) error {
	body, err := json.Marshal(snapshot.Message{V: snapshot.MessageVersion, Tenant: tenant, Channel: channel, AsOf: asOf})
	if err != nil {
		return err
	}
	event, err := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: string(body)}}})
	if err != nil {
		return err
	}
	answer, err := p.invoke("snapshot", event)
	if err != nil {
		return err
	}
	var failed events.SQSEventResponse
	if err := json.Unmarshal(answer, &failed); err != nil || len(failed.BatchItemFailures) > 0 {
		return fmt.Errorf("snapshot ended with %s", answer)
	}
	return nil
}

// backupCalls are those calls of a deletion that are for backups: all of the step that
// shreds, with its start, and what verify asks of keys and of the bucket.
func (d deletion) backupCalls() (shred, verify []front.Call) {
	shred = append(shred, front.Call{Function: "workflow", Service: "lambda", Operation: "Invoke", Count: 1})
	for _, c := range d.calls {
		switch {
		case c.Function == "shred":
			shred = append(shred, c)
		case c.Function == "verify" && (strings.Contains(c.Resource, "snapshotkeys") || strings.Contains(c.Resource, "snapshots")):
			verify = append(verify, c)
		}
	}
	return shred, verify
}

// priceCalls is what calls cost, without Lambda's time. A call of DynamoDB is taken for a
// unit, or for two in a transaction: none of these reads or writes more than a few rows.
func priceCalls(calls []front.Call) (dollars float64) {
	for _, c := range calls {
		p, _ := priceOf(c.Service, c.Operation)
		if c.Service == "dynamodb" {
			p = dynamoUnit(c.Operation)
		}
		dollars += float64(c.Count) * p.dollars
	}
	return dollars
}

func dynamoUnit(operation string) price {
	switch operation {
	case "GetItem", "BatchGetItem", "Query":
		return dynamoRead
	case "TransactWriteItems":
		return price{dynamoWrite.service, dynamoWrite.unit, 2 * dynamoWrite.dollars}
	}
	return dynamoWrite
}

// What others take for erasing one lead from 30 snapshots of 100 GB.
const (
	findAndForget = 5.89 // dollars for 100 GB, published with Amazon S3 Find and Forget
	ownRewrite    = "3.7 to 5.8"
	indexRewrite  = "0.003"
)

func (d deletion) printErasure(out io.Writer) {
	shred, verify := d.backupCalls()
	fmt.Fprintf(out, "| one lead, %d snapshots of 100 GB | $ |\n|---|---:|\n", retained)
	fmt.Fprintf(out, "| the step that destroys the keys: its transition and calls (%s) | %.7f |\n", countsOf(shred), transition.dollars+priceCalls(shred))
	fmt.Fprintf(out, "| what verify reads of backups (%s) | %.7f |\n", countsOf(verify), priceCalls(verify))
	fmt.Fprintf(out, "| Amazon S3 Find and Forget, published for 100 GB, times %d | %.2f |\n", retained, findAndForget*retained)
	fmt.Fprintf(out, "| a rewrite of every object in Go, estimated | %s |\n", ownRewrite)
	fmt.Fprintf(out, "| a rewrite of what an index of leads says, estimated | %s |\n\n", indexRewrite)
}

func countsOf(calls []front.Call) string {
	counts := map[string]int{}
	for _, c := range calls {
		counts[c.Service+" "+c.Operation] += c.Count
	}
	return callsText(counts)
}
