package main

import (
	"testing"

	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
)

func TestEveryMessageIsRead(t *testing.T) { recorded.Messages(t, "verify") }
