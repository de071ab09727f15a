package main

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/infra/local/stack"
)

func TestOptionsFromEnvironment(t *testing.T) {
	for _, c := range []struct {
		env       map[string]string
		port, aws int
		smtp      int
		problem   string
	}{
		{map[string]string{}, 8080, 4566, 2525, ""},
		{map[string]string{"PORT": "9000", "AWS_PORT": "9001", "SMTP_PORT": "9002"}, 9000, 9001, 9002, ""},
		{map[string]string{"PORT": "0"}, 0, 0, 0, "PORT"},
		{map[string]string{"AWS_PORT": "x"}, 0, 0, 0, "AWS_PORT"},
		{map[string]string{"AWS_PORT": "65536"}, 0, 0, 0, "AWS_PORT"},
		{map[string]string{"SMTP_PORT": "25b"}, 0, 0, 0, "SMTP_PORT"},
	} {
		o, err := optionsFrom(func(name string) string { return c.env[name] }, "/repository")
		if c.problem != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.problem+":") {
				t.Errorf("%v: got %v", c.env, err)
			}
			continue
		}
		if err != nil || o.Port != c.port || o.AWSPort != c.aws || o.SMTPPort != c.smtp || o.Root != "/repository" {
			t.Errorf("%v: got %+v, %v", c.env, o, err)
		}
	}
}

func TestTheWelcomeSaysWhereEverythingIs(t *testing.T) {
	urls := stack.URLs{API: "http://a.example", AWS: "http://b.example", Console: "http://c.example", SMTP: "127.0.0.1:2525"}
	for _, want := range []string{urls.API, urls.AWS, urls.Console, urls.SMTP} {
		if text := welcome(urls); !strings.Contains(text, want) {
			t.Errorf("the welcome lacks %s: %s", want, text)
		}
	}
}
