package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// action is the IAM name of an API operation where the two differ.
var action = map[string][]string{
	"dynamodb:TransactWriteItems": {"dynamodb:PutItem"},
	"s3:ListObjectVersions":       {"s3:ListBucketVersions"},
	"s3:DeleteObjects":            {"s3:DeleteObject", "s3:DeleteObjectVersion"},
}

// TestRights: every call that a function really made while a lead was erased is one
// that its role in the template allows.
func TestRights(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	s := scene{user: "10150000000557000", lead: "l_rights", messages: 8}
	s.play(t, ctx)
	if _, err := stack.Do(ctx, "DELETE", "/_local/calls", nil, nil); err != nil {
		t.Fatal(err)
	}
	_, status := erase(t, ctx, s.user)
	requireOutcome(t, status, "completed")
	answer, err := stack.Do(ctx, "GET", "/_local/calls", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var calls []struct{ Function, Service, Operation, Resource string }
	if err := json.Unmarshal(answer.Body, &calls); err != nil {
		t.Fatal(err)
	}
	allowed := rolePolicies(t)
	functions := map[string]bool{}
	for _, call := range calls {
		policy, ours := allowed[call.Function]
		if !ours {
			continue // an operator or a test, not a function
		}
		functions[call.Function] = true
		needed := action[call.Service+":"+call.Operation]
		if needed == nil {
			needed = []string{call.Service + ":" + call.Operation}
		}
		for _, name := range needed {
			if !strings.Contains(policy, `"`+name+`"`) {
				t.Errorf("%s called %s on %s, which its role does not allow (%s)", call.Function, call.Operation, call.Resource, name)
			}
		}
	}
	for _, name := range []string{"meta-callback", "start-deletion", "locate", "fence", "purge", "verify", "close", "status"} {
		if !functions[name] {
			t.Errorf("no call of %s was recorded", name)
		}
	}
}

// rolePolicies maps function folder to the JSON of its role in the golden template.
func rolePolicies(t *testing.T) map[string]string {
	t.Helper()
	src, err := os.ReadFile("../stack/golden/Deletion.template.json")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties json.RawMessage
		}
	}
	if err := json.Unmarshal(src, &template); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, resource := range template.Resources {
		if resource.Type != "AWS::Lambda::Function" {
			continue
		}
		var f struct {
			FunctionName string
			Role         map[string][]string
		}
		if err := json.Unmarshal(resource.Properties, &f); err != nil {
			t.Fatal(err)
		}
		role := template.Resources[f.Role["Fn::GetAtt"][0]]
		out[strings.TrimPrefix(f.FunctionName, "mikla-dev-deletion-")] = string(role.Properties)
	}
	return out
}
