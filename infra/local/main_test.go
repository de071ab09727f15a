package main

import (
	"strings"
	"testing"
)

func TestOptionsFromEnvironment(t *testing.T) {
	for _, c := range []struct {
		env       map[string]string
		port, aws int
		problem   string
	}{
		{map[string]string{}, 8080, 4566, ""},
		{map[string]string{"PORT": "9000", "AWS_PORT": "9001"}, 9000, 9001, ""},
		{map[string]string{"PORT": "0"}, 0, 0, "PORT"},
		{map[string]string{"AWS_PORT": "x"}, 0, 0, "AWS_PORT"},
		{map[string]string{"AWS_PORT": "65536"}, 0, 0, "AWS_PORT"},
	} {
		o, err := optionsFrom(func(name string) string { return c.env[name] }, "/repository")
		if c.problem != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.problem+":") {
				t.Errorf("%v: got %v", c.env, err)
			}
			continue
		}
		if err != nil || o.Port != c.port || o.AWSPort != c.aws || o.Root != "/repository" {
			t.Errorf("%v: got %+v, %v", c.env, o, err)
		}
	}
}
