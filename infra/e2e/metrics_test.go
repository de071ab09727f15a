package e2e

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/template"
)

const ours = "Mikla/DataDeletion"

// TestAlarmsLookAtWhatIsWritten: every metric of ours that an alarm of the template looks
// at is one that the shipped binaries write, in the same namespace and without dimensions.
func TestAlarmsLookAtWhatIsWritten(t *testing.T) {
	ctx := deadline(t, time.Minute)
	forged := notice("555909")
	forged.Secret = "somebody-else's-secret-somebody-else's"
	if _, err := stack.Callback(ctx, "data-deletion", forged); err == nil {
		t.Fatal("a forged notice was accepted")
	}
	copyNow(t, ctx, unitsOf("t_faro", "ch_t_faro")...)
	for _, schedule := range []string{"sweep", "rotate", "backup-audit", "backup-drill"} {
		if err := stack.Schedule(ctx, schedule); err != nil {
			t.Fatal(err)
		}
	}
	letter := "From: metrics@guest.example\r\nTo: privacy@mikla.ai\r\nSubject: please delete my data\r\n\r\nPlease delete my data.\r\n"
	if _, err := stack.Mail(ctx, []byte(letter), nil); err != nil { // its answer is counted
		t.Fatal(err)
	}
	watched := watchedMetrics(t)
	if len(watched) < 5 {
		t.Fatalf("alarms look at %v only", watched)
	}
	await(t, ctx, "every metric that an alarm looks at", func() bool {
		written := writtenMetrics(t)
		return !slices.ContainsFunc(watched, func(name string) bool { return !written[name] })
	})
	t.Logf("alarms look at %v; written are %v", watched, slices.Sorted(maps.Keys(writtenMetrics(t))))
}

func watchedMetrics(t *testing.T) (names []string) {
	t.Helper()
	templates, err := template.Load("../stack/golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, stack := range templates {
		for _, r := range stack.Resources {
			if name, ok := r.Properties["MetricName"].(string); ok && r.Type == "AWS::CloudWatch::Alarm" && r.Properties["Namespace"] == ours {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// writtenMetrics reads the lines of the embedded metric format that functions wrote.
func writtenMetrics(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, entry := range server.Logs.Entries("") {
		if !strings.Contains(entry.Line, `"_aws"`) {
			continue
		}
		var line struct {
			AWS struct {
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name string }
				}
			} `json:"_aws"`
		}
		if err := json.Unmarshal([]byte(entry.Line), &line); err != nil {
			t.Fatalf("%s: %v", entry.Line, err)
		}
		for _, directive := range line.AWS.CloudWatchMetrics {
			plain := slices.ContainsFunc(directive.Dimensions, func(d []string) bool { return len(d) == 0 })
			for _, m := range directive.Metrics {
				names[m.Name] = names[m.Name] || plain && directive.Namespace == ours
			}
		}
	}
	return names
}
