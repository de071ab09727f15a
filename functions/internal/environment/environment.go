// Package environment reads a function's configuration from its environment block
// and reports every problem at once, before the first AWS call.
package environment

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Lookup is os.LookupEnv, or a template's environment block in a test.
type Lookup func(name string) (string, bool)

// Reader collects problems while it reads.
type Reader struct {
	lookup   Lookup
	problems []error
}

// New reads by lookup.
func New(lookup Lookup) *Reader { return &Reader{lookup: lookup} }

func (r *Reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

// Text is a variable that must be set and not empty.
func (r *Reader) Text(name string) string {
	value, ok := r.lookup(name)
	if !ok || value == "" {
		r.problem("%s is not set: the stack sets it in the function's environment", name)
	}
	return value
}

// Address is an absolute http or https URL without a slash at its end.
func (r *Reader) Address(name string) string {
	value := r.Text(name)
	if value == "" {
		return value
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || value[len(value)-1] == '/' {
		r.problem("%s must be an absolute http(s) URL without a slash at its end", name)
	}
	return value
}

// Count is a whole number, 0 or more.
func (r *Reader) Count(name string) int {
	value := r.Text(name)
	if value == "" {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 0 {
		r.problem("%s must be a whole number, 0 or more", name)
		return 0
	}
	return int(n)
}

// Seconds is a whole number of seconds, 0 or more.
func (r *Reader) Seconds(name string) time.Duration {
	return time.Duration(r.Count(name)) * time.Second
}

// Names is a JSON object of strings that must hold every one of want.
func (r *Reader) Names(name string, want []string) map[string]string {
	value := r.Text(name)
	names := map[string]string{}
	if value == "" {
		return names
	}
	if err := json.Unmarshal([]byte(value), &names); err != nil {
		r.problem("%s must be a JSON object of strings", name)
		return names
	}
	for _, store := range want {
		if names[store] == "" {
			r.problem("%s lacks the physical name of the store %s", name, store)
		}
	}
	return names
}

// Err is every problem so far, or nil.
func (r *Reader) Err() error { return errors.Join(r.problems...) }
