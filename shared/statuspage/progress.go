package statuspage

import "github.com/mikla-ai/data-deletion/shared/request"

// mark tells how far one step has come. Its value is a class of the
// stylesheet; its meaning always stands beside it in words.
type mark string

const (
	done    mark = "done"
	doing   mark = "doing"
	person  mark = "person"
	asked   mark = "asked"
	hidden  mark = "hidden"
	ahead   mark = "ahead"
	nothing mark = "nothing"
	unclear mark = "unclear"
	stopped mark = "stopped"
	skipped mark = "skipped"
)

// stepCount: received, looked up, erased, checked.
const stepCount = 4

var marks = map[request.State][stepCount]mark{
	request.Received:         {done, doing, ahead, ahead},
	request.Matched:          {done, done, doing, ahead},
	request.Purging:          {done, done, doing, ahead},
	request.Verifying:        {done, done, done, doing},
	request.NeedsReview:      {done, person, ahead, ahead},
	request.NeedsOperator:    {done, person, ahead, ahead},
	request.AwaitingExternal: {done, done, doing, ahead},
	request.AwaitingAnswer:   {done, asked, ahead, ahead},
	request.CoolingOff:       {done, done, hidden, ahead},
	request.Completed:        {done, done, done, done},
	request.NothingFound:     {done, nothing, skipped, skipped},
	request.CouldNotIdentify: {done, unclear, skipped, skipped},
	request.Refused:          {done, stopped, skipped, skipped},
	request.Withdrawn:        {done, stopped, skipped, skipped},
	request.Lapsed:           {done, stopped, skipped, skipped},
	request.Answered:         {done, skipped, skipped, skipped},
}

// progress gives the marks of the steps. A request can be parked at any step;
// one that has results was parked after its data had been found.
func progress(v View) [stepCount]mark {
	if marks[v.State][1] == person && len(v.Results) > 0 {
		return [stepCount]mark{done, done, person, ahead}
	}
	return marks[v.State]
}

// tone is the class of the page as a whole.
type tone string

const (
	working   tone = "working"
	complete  tone = "complete"
	attention tone = "attention"
	waiting   tone = "waiting"
	cooling   tone = "cooling"
	withTeam  tone = "team"
	notFound  tone = "nothing"
	closed    tone = "closed"
)

var toneOf = map[request.State]tone{
	request.Received: working, request.Matched: working, request.Purging: working, request.Verifying: working, request.AwaitingExternal: working,
	request.NeedsReview: withTeam, request.NeedsOperator: withTeam,
	request.AwaitingAnswer: waiting, request.CoolingOff: cooling, request.Answered: closed,
	request.Completed: complete, request.NothingFound: notFound, request.CouldNotIdentify: attention,
	request.Refused: closed, request.Withdrawn: closed, request.Lapsed: attention,
}

// found is what is known of whether there is data at all.
type found string

const (
	foundYes     found = "yes"
	foundNo      found = "no"
	foundUnclear found = "unclear"
	foundOpen    found = "open"
	foundByTeam  found = "team" // a person looks
)

var foundIn = map[request.State]found{
	request.Received: foundOpen, request.Matched: foundYes, request.Purging: foundYes, request.Verifying: foundYes, request.AwaitingExternal: foundYes, request.CoolingOff: foundYes,
	request.NeedsReview: foundByTeam, request.NeedsOperator: foundByTeam, request.Completed: foundYes,
	request.NothingFound: foundNo, request.CouldNotIdentify: foundUnclear,
}

// foundOf reports false for requests that ended before it mattered, or wait for their
// requester before anybody looks.
func foundOf(v View) (found, bool) {
	if len(v.Results) > 0 {
		return foundYes, true
	}
	f, told := foundIn[v.State]
	return f, told
}
