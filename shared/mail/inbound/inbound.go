// Package inbound is a stub of types.
package inbound

import "github.com/mikla-ai/data-deletion/shared/personal"

type Machine string

const (
	Human    Machine = ""
	Own      Machine = "own"
	Bounce   Machine = "bounce"
	Feedback Machine = "feedback"
	Auto     Machine = "auto"
	List     Machine = "list"
	Bulk     Machine = "bulk"
)

type Mail struct {
	From                  personal.Text
	FromProblem           string
	HeaderID              string
	InReplyTo, References []string
	Subject               string
	Newest                string
	Forwarded             string
	Machine               Machine
	Bounced               []string
	Flags                 []string
}
