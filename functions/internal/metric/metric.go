// Package metric writes CloudWatch metrics as lines of the embedded metric format,
// which need no call. Dimensions are of fixed sets: never anything of a person.
package metric

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// Namespace of all metrics of this service; the alarms name it too.
const Namespace = "Mikla/DataDeletion"

// Names of the metrics.
const (
	Refused            = "Refused"
	SweepCompleted     = "SweepCompleted"
	Resent             = "Resent"
	Restarted          = "Restarted"
	WaitingForOperator = "WaitingForOperator"
	OpenOver48Hours    = "OpenOver48Hours"
	OpenOver7Days      = "OpenOver7Days"
	OpenOver14Days     = "OpenOver14Days"
	OpenOver21Days     = "OpenOver21Days"
	OpenOver25Days     = "OpenOver25Days"
	PastDue            = "PastDue"
	NeverStarted       = "NeverStarted"
	ExecutionsStuck    = "ExecutionsStuck"
	MailReceived       = "MailReceived"
	LettersSent        = "LettersSent"
	LettersBounced     = "Bounced"
	LettersUnconfirmed = "LettersUnconfirmed"
	ReplyLimitReached  = "ReplyLimitReached"
	SnapshotsStarted   = "SnapshotsStarted" // nights for which everything was asked for
	SnapshotsAsked     = "SnapshotsAsked"   // units of such a night
	SnapshotRecords    = "SnapshotRecords"
	SnapshotBytes      = "SnapshotBytes" // sealed

	SnapshotsCompleted   = "SnapshotsCompleted" // units that have their manifest
	RotationCompleted    = "RotationCompleted"
	BackupAuditCompleted = "BackupAuditCompleted"
	BackupDrillCompleted = "BackupDrillCompleted"
	OldestBackupDays     = "OldestBackupDays"    // full days, of the oldest copy there is
	StaleUnits           = "StaleUnits"          // channels and businesses without a complete snapshot for two days
	RecoveryWindowWrong  = "RecoveryWindowWrong" // tables whose recovery, or stream, is not as it must be
	RestoreTargetsLeft   = "RestoreTargetsLeft"  // tables of restores that are older than a day
	DrillOpened          = "DrillOpened"         // frames of the shredded that could be opened: must be none
	DrillSampled         = "DrillSampled"        // frames of the shredded that were tried
	DrillControlFailed   = "DrillControlFailed"  // drills that could open nothing at all
	UnknownBackups       = "UnknownBackups"      // names among the snapshots that are none
)

// Writer writes metric lines.
type Writer struct {
	Out io.Writer
	Now func() time.Time

	mu sync.Mutex
}

type directive struct {
	Namespace  string       `json:"Namespace"`
	Dimensions [][]string   `json:"Dimensions"`
	Metrics    []definition `json:"Metrics"`
}

type definition struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

// Count writes counts under the given dimensions (name -> value), and once more
// without dimensions, which is what the alarms look at.
func (w *Writer) Count(counts map[string]int, dimensions map[string]string) {
	line := map[string]any{}
	d := directive{Namespace: Namespace, Dimensions: [][]string{{}}}
	for name, value := range counts {
		line[name] = value
		d.Metrics = append(d.Metrics, definition{Name: name, Unit: "Count"})
	}
	var names []string
	for name, value := range dimensions {
		line[name] = value
		names = append(names, name)
	}
	if names != nil {
		d.Dimensions = append(d.Dimensions, names)
	}
	line["_aws"] = map[string]any{"Timestamp": w.Now().UnixMilli(), "CloudWatchMetrics": []directive{d}}
	src, err := json.Marshal(line)
	if err != nil {
		return // strings and numbers always encode
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = w.Out.Write(append(src, '\n'))
}
