package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryAlarmHasARunbookAndViceVersa(t *testing.T) {
	pages, err := filepath.Glob("../runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	orphaned := map[string]bool{}
	for _, page := range pages {
		orphaned[strings.TrimSuffix(filepath.Base(page), ".md")] = true
	}
	for _, r := range ofType(t, "AWS::CloudWatch::Alarm") {
		name := r.Properties["AlarmName"].(string)
		if !orphaned[name] {
			t.Errorf("alarm %s has no page infra/runbooks/%s.md", name, name)
		}
		delete(orphaned, name)
	}
	for name := range orphaned {
		t.Errorf("infra/runbooks/%s.md belongs to no alarm", name)
	}
}

func TestRunbooksSayWhatToDo(t *testing.T) {
	pages, err := filepath.Glob("../runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		for _, part := range []string{"# " + name + "\n", "\n## What it means\n", "\n## Look\n", "\n## Do\n", "\n## Over when\n"} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s lacks %q", page, strings.TrimSpace(part))
			}
		}
	}
}

func TestAlarmsReachSomebody(t *testing.T) {
	for id, r := range ofType(t, "AWS::CloudWatch::Alarm") {
		if r.Properties["AlarmActions"] == nil {
			t.Errorf("%s has no action", id)
		}
		description, _ := r.Properties["AlarmDescription"].(string)
		name := r.Properties["AlarmName"].(string)
		if !strings.HasSuffix(description, "infra/runbooks/"+name+".md") {
			t.Errorf("%s does not name its runbook: %s", id, description)
		}
	}
}

// An alarm on work that is not done must not sleep when nothing reports at all.
func TestAbsenceOfWorkAlarms(t *testing.T) {
	// Hours without success. CloudWatch looks back a week at the most.
	want := map[string]float64{"SweepCompleted": 1.0 / 6, "SnapshotsCompleted": 48, "RotationCompleted": 36, "BackupAuditCompleted": 36, "BackupDrillCompleted": 36}
	for _, r := range ofType(t, "AWS::CloudWatch::Alarm") {
		name, _ := r.Properties["MetricName"].(string)
		hours, ok := want[name]
		if !ok {
			continue
		}
		delete(want, name)
		if r.Properties["TreatMissingData"] != "breaching" || r.Properties["ComparisonOperator"] != "LessThanThreshold" || r.Properties["Threshold"] != 1.0 {
			t.Errorf("%s: got %v, %v %v", name, r.Properties["TreatMissingData"], r.Properties["ComparisonOperator"], r.Properties["Threshold"])
		}
		looks := r.Properties["Period"].(float64) * r.Properties["EvaluationPeriods"].(float64)
		if looks != hours*3600 || r.Properties["DatapointsToAlarm"] != nil {
			t.Errorf("%s: after %v s without success, want %v h", name, looks, hours)
		}
	}
	if len(want) > 0 {
		t.Errorf("nothing watches %v", want)
	}
}

// What a daily run finds stands until after the next one: a shorter look would be quiet while
// nothing is mended.
func TestAlarmsOnWhatADailyRunFindsStand(t *testing.T) {
	want := map[string]float64{"StaleUnits": 1, "OldestBackupDays": 28, "UnknownBackups": 1, "DrillOpened": 1, "RecoveryWindowWrong": 1, "RestoreTargetsLeft": 1}
	for id, r := range ofType(t, "AWS::CloudWatch::Alarm") {
		name, _ := r.Properties["MetricName"].(string)
		threshold, ok := want[name]
		if !ok {
			continue
		}
		delete(want, name)
		p := r.Properties
		got := []any{p["Statistic"], p["Period"], p["EvaluationPeriods"], p["DatapointsToAlarm"], p["Threshold"], p["ComparisonOperator"], p["TreatMissingData"]}
		if want := []any{"Maximum", 21600.0, 5.0, 1.0, threshold, "GreaterThanOrEqualToThreshold", "notBreaching"}; !slices.Equal(got, want) {
			t.Errorf("%s looks at %v, want %v", id, got, want)
		}
	}
	if len(want) > 0 {
		t.Errorf("nothing watches %v", want)
	}
}

// CloudWatch refuses an alarm on an expression over more than ten metrics.
func TestAlarmsLookAtTenMetricsAtMost(t *testing.T) {
	summed := 0
	for id, r := range ofType(t, "AWS::CloudWatch::Alarm") {
		metrics, _ := r.Properties["Metrics"].([]any)
		if len(metrics) > 1+10 { // the expression is one of them
			t.Errorf("%s looks at %d metrics", id, len(metrics)-1)
		}
		summed += max(len(metrics)-1, 0)
	}
	if want := len(functionFolders) + 3; summed != want {
		t.Errorf("sums look at %d metrics, want the errors of all functions and three queues of dead letters: %d", summed, want)
	}
}

func TestMetricsOfOursHaveOneNamespace(t *testing.T) {
	want := map[string]bool{"SweepCompleted": true, "Refused": true, "Bounced": true, "LettersUnconfirmed": true, "ReplyLimitReached": true,
		"SnapshotsCompleted": true, "RotationCompleted": true, "BackupAuditCompleted": true, "BackupDrillCompleted": true, "OldestBackupDays": true,
		"StaleUnits": true, "RecoveryWindowWrong": true, "RestoreTargetsLeft": true, "DrillOpened": true}
	for _, name := range sweepSees {
		want[name] = true
	}
	for id, r := range ofType(t, "AWS::CloudWatch::Alarm") {
		name, _ := r.Properties["MetricName"].(string)
		if !want[name] {
			continue
		}
		if r.Properties["Namespace"] != "Mikla/DataDeletion" || r.Properties["Dimensions"] != nil {
			t.Errorf("%s watches %v %v", id, r.Properties["Namespace"], r.Properties["Dimensions"])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not watched: %v", want)
	}
}

// sweepSees are the metrics that a sweep counts of the requests it looks at.
var sweepSees = []string{"WaitingForOperator", "NeverStarted", "ExecutionsStuck", "OpenOver7Days", "OpenOver14Days",
	"OpenOver21Days", "OpenOver25Days", "PastDue"}

// One sweep sees a part of the open requests, three looks see each of them: anything but
// the maximum of a quarter of an hour would let these alarms go on and off.
func TestAlarmsOnWhatASweepSeesAreSteady(t *testing.T) {
	for id, r := range ofType(t, "AWS::CloudWatch::Alarm") {
		name, _ := r.Properties["MetricName"].(string)
		if !slices.Contains(sweepSees, name) {
			continue
		}
		got := []any{r.Properties["Statistic"], r.Properties["Period"], r.Properties["EvaluationPeriods"], r.Properties["Threshold"]}
		if want := []any{"Maximum", 900.0, 1.0, 1.0}; !slices.Equal(got, want) {
			t.Errorf("%s looks at %v, want %v", id, got, want)
		}
	}
}

// Pages wake somebody: what is about to break the promise of thirty days, or has, and a
// backup that brings back whom it must not.
func TestPages(t *testing.T) {
	topics := map[string]string{}
	for id, r := range ofType(t, "AWS::SNS::Topic") {
		topics[r.Properties["TopicName"].(string)] = id
	}
	alarms, pages := topics["mikla-dev-deletion-alarms"], topics["mikla-dev-deletion-pages"]
	if alarms == "" || pages == "" {
		t.Fatalf("the topics are %v", topics)
	}
	for id, r := range ofType(t, "AWS::CloudWatch::Alarm") {
		name := r.Properties["AlarmName"].(string)
		want := []string{alarms}
		if slices.Contains([]string{"DeletionOpenOver25Days", "DeletionPastDue", "DeletionDrillOpened"}, name) {
			want = append(want, pages)
		}
		var got []string
		for _, action := range r.Properties["AlarmActions"].([]any) {
			got = append(got, action.(map[string]any)["Ref"].(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s goes to %v, want %v", id, got, want)
		}
	}
}

func TestFunctionTableNamesAlarms(t *testing.T) {
	readme, err := os.ReadFile("../../functions/README.md")
	if err != nil {
		t.Fatal(err)
	}
	alarms := map[string]bool{}
	for _, r := range ofType(t, "AWS::CloudWatch::Alarm") {
		alarms[r.Properties["AlarmName"].(string)] = true
	}
	named := regexp.MustCompile(`Deletion[A-Z]\w+`).FindAllString(string(readme), -1)
	for _, name := range named {
		if !alarms[name] {
			t.Errorf("functions/README.md names the alarm %s, which there is not", name)
		}
	}
	for name := range alarms {
		if !slices.Contains(named, name) {
			t.Errorf("functions/README.md does not say which function alarm %s is about", name)
		}
	}
}
