package faults

import (
	"bytes"
	"errors"
	"net/http"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/wire"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// kind is one way in which things go wrong. It strikes at a call, or before a step.
type kind struct {
	name  string
	at    func(p point) bool // which points of a clean run it can strike
	tries int                // of the SDK for each call; 0 means one
	times int                // how often it strikes the same call; 0 means once

	call   func(x exchange) (wire.Answer, error) // in place of the call
	before func(l *life)                         // before a step
}

// kinds are all that the matrix knows. A further one is an entry here.
var kinds = []kind{
	{name: "not applied", at: point.writes, call: notApplied},
	{name: "applied, but lost", at: point.writes, call: lost},
	{name: "applied, but lost, and sent again by the SDK", at: point.writes, tries: 3, call: lost},
	{name: "killed before", at: point.writes, call: killedBefore},
	{name: "killed after", at: point.writes, call: killedAfter},
	{name: "throttled", at: point.writes, tries: 3, times: 4, call: throttled},
	{name: "overtaken", at: mayComeLate, call: overtaken},
	{name: "left unprocessed", at: batches, times: 2, call: unprocessed},
	{name: "error per key", at: deletesObjects, times: 2, call: perKeyError},
	{name: "index lacks what is there", at: finds, call: lacking},
	{name: "index shows what is gone", at: misses, call: stale},
	{name: "start message again", at: admitted, before: (*life).sendAgain},
	{name: "runs out of order", at: beforeTask, before: (*life).disorder},
	{name: "notice again", at: beforeStep, before: func(l *life) { l.ask(l.path.issued) }},
	{name: "clock a day ahead", at: beforeStep, before: func(l *life) { l.pass(24 * time.Hour) }},
	{name: "clock an hour back", at: beforeStep, before: func(l *life) { l.pass(-time.Hour) }},
}

func beforeStep(p point) bool { return p.operation == "" }

// mayComeLate is a write of an execution, but for one that hides a row: the platform's
// tables know nothing of runs, so this one write can hide what a later run has shown.
func mayComeLate(p point) bool {
	hides := p.step == workflow.NextFence && p.operation == "UpdateItem" && p.resources != "tombstones"
	return p.writes() && beforeTask(point{step: p.step}) && !hides
}

// admitted is once there is a request.
func admitted(p point) bool { return beforeStep(p) && p.step != stepIntake }

// beforeTask is before a step of an execution.
func beforeTask(p point) bool {
	return admitted(p) && p.step != stepStart && p.step != stepSweep && p.step != stepEnd
}

func batches(p point) bool {
	return p.operation == "BatchWriteItem" || p.operation == "BatchGetItem"
}

func deletesObjects(p point) bool { return p.operation == "DeleteObjects" }
func finds(p point) bool          { return p.hits > 0 }
func misses(p point) bool         { return p.gone > 0 }

var errConnection = errors.New("the connection broke")

func notApplied(exchange) (wire.Answer, error) { return wire.Answer{}, errConnection }

func lost(x exchange) (wire.Answer, error) {
	_, err := x.send(x.call.Body)
	return wire.Answer{}, errors.Join(errConnection, err)
}

func killedBefore(x exchange) (wire.Answer, error) { return wire.Answer{}, x.line.kill() }

func killedAfter(x exchange) (wire.Answer, error) {
	if _, err := x.send(x.call.Body); err != nil {
		return wire.Answer{}, err
	}
	return wire.Answer{}, x.line.kill()
}

// overtaken is a write that hangs until the next run has brought the request to its end.
func overtaken(x exchange) (wire.Answer, error) {
	x.line.overtake()
	return x.send(x.call.Body)
}

func throttled(x exchange) (wire.Answer, error) { return wire.Throttled(x.call.Service), nil }

func unprocessed(x exchange) (wire.Answer, error) { return x.call.Unprocessed(x.send) }

func perKeyError(x exchange) (wire.Answer, error) { return x.call.PerKeyError(x.send) }

// lacking answers as an index that does not know yet what was written.
func lacking(x exchange) (wire.Answer, error) {
	return wire.JSON(http.StatusOK, map[string]any{"Items": []any{}, "Count": 0, "ScannedCount": 0}), nil
}

// stale answers as the index did before the latest writes.
func stale(x exchange) (wire.Answer, error) {
	query, _ := indexQuery(x.call)
	return wire.Answer{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: bytes.Clone(x.line.seen[query])}, nil
}
