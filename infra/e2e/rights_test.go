package e2e

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// action is the IAM name of an API operation where the two differ.
var action = map[string][]string{
	"s3:ListObjectVersions": {"s3:ListBucketVersions"},
	"s3:ListObjectsV2":      {"s3:ListBucket"},
	"s3:DeleteObjects":      {"s3:DeleteObject", "s3:DeleteObjectVersion"},
	"s3:HeadObject":         {"s3:GetObject", "s3:ListBucket"}, // without the second, what is missing is forbidden
	"sqs:SendMessageBatch":  {"sqs:SendMessage"},
}

// byVersion are functions that delete single versions and no objects.
var byVersion = []string{"rotate", "shred"}

// call is one line of what the front recorded.
type call struct{ Function, Service, Operation, Resource, Needs string }

// actions are the IAM actions that a role needs for the call.
func (c call) actions() []string {
	if c.Operation == "DeleteObjects" && c.Resource == mailBucket {
		return []string{"s3:DeleteObject"} // it keeps no versions
	}
	if c.Operation == "DeleteObjects" && slices.Contains(byVersion, c.Function) {
		return []string{"s3:DeleteObjectVersion"}
	}
	if needed := action[c.Service+":"+c.Operation]; needed != nil {
		return needed
	}
	operations := []string{c.Operation}
	if c.Needs != "" {
		operations = strings.Split(c.Needs, ",")
	}
	for i, operation := range operations {
		operations[i] = c.Service + ":" + operation
	}
	return operations
}

// allows says that one statement of the policy allows the action on what was called.
// Tables and buckets stand in the template by name; of the others only the action is
// looked at, since their ARNs are references.
func (p policy) allows(action string, c call) bool {
	return slices.ContainsFunc(p, func(s statement) bool {
		if !slices.Contains(listed(s.Action), action) {
			return false
		}
		return slices.ContainsFunc(listed(s.Resource), func(arn string) bool {
			switch c.Service {
			case "dynamodb":
				return strings.HasSuffix(arn, ":table/"+c.Resource) || c.Resource == "" && arn == "*"
			case "s3":
				bucket, _, _ := strings.Cut(strings.TrimPrefix(arn, "arn:aws:s3:::"), "/") // keys are not recorded
				return bucket == c.Resource
			}
			return true
		})
	})
}

// listed is one text or a list of them; what is neither stands as JSON.
func listed(raw json.RawMessage) []string {
	var many []json.RawMessage
	if json.Unmarshal(raw, &many) != nil {
		many = []json.RawMessage{raw}
	}
	out := make([]string, len(many))
	for i, one := range many {
		if json.Unmarshal(one, &out[i]) != nil {
			out[i] = string(one)
		}
	}
	return out
}

// TestRights: every call that a function really made while everything was backed up, while
// leads were erased, one because of a notice and one because of a mail, and a channel, and while
// backups were looked after, is one that its role in the template allows, on that table or
// bucket.
func TestRights(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	s := scene{user: "10150000000557000", lead: "l_rights", messages: 8}
	s.play(t, ctx)
	tool := buildTool(t, ctx)
	w := venue("t_rights")
	units := unitsOf("t_rights", "ch_a", "ch_b")
	w.guest("t_faro", "l_rights_m", "rights.mail.8", "Rights Mail")
	seed(t, ctx, w)
	if _, err := stack.Do(ctx, "DELETE", "/_local/calls", nil, nil); err != nil {
		t.Fatal(err)
	}
	backedUp := copyNow(t, ctx, units...)
	_, status := erase(t, ctx, s.user)
	requireOutcome(t, status, "completed")
	openAndAwait(t, ctx, tool, "--scope", "channel", "--tenant", "t_rights", "--channel", "ch_a")
	const from = "rights@correo.example"
	challenge := ask(t, ctx, from, "rights.mail.8")
	requireOutcome(t, confirm(t, ctx, challenge, "Rights Mail"), "completed")
	awaitLetter(t, ctx, from, 2)
	requireForgottenMail(t, ctx, find(t, challenge, statused), from)
	plantOld(t, ctx, units[0], backedUp)
	for _, schedule := range []string{"sweep", "rotate", "backup-audit", "backup-drill"} {
		if err := stack.Schedule(ctx, schedule); err != nil {
			t.Fatal(err)
		}
	}
	awaitDrained(t, ctx, snapshotQueue)
	answer, err := stack.Do(ctx, "GET", "/_local/calls", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var calls []call
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
		for _, action := range call.actions() {
			if !policy.allows(action, call) {
				t.Errorf("%s called %s on %s, which its role does not allow (%s)", call.Function, call.Operation, call.Resource, action)
			}
		}
	}
	for _, name := range []string{"meta-callback", "start-deletion", "locate", "fence", "purge", "shred", "verify", "close", "status", "mail-intake", "mail-send", "mail-events", "link",
		"snapshot-start", "snapshot", "rotate", "backup-audit", "backup-drill"} {
		if !functions[name] {
			t.Errorf("no call of %s was recorded", name)
		}
	}
}

type statement struct{ Action, Resource json.RawMessage }

type policy []statement

// rolePolicies maps function folder to the statements of its role in the golden
// template.
func rolePolicies(t *testing.T) map[string]policy {
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
	out := map[string]policy{}
	for _, resource := range template.Resources {
		if resource.Type != "AWS::Lambda::Function" {
			continue
		}
		var f struct {
			FunctionName string
			Role         map[string][]string
		}
		var role struct {
			Policies []struct{ PolicyDocument struct{ Statement policy } }
		}
		if err := json.Unmarshal(resource.Properties, &f); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(template.Resources[f.Role["Fn::GetAtt"][0]].Properties, &role); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(f.FunctionName, "mikla-dev-deletion-")
		for _, p := range role.Policies {
			out[name] = append(out[name], p.PolicyDocument.Statement...)
		}
	}
	return out
}
