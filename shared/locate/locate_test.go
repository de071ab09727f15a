package locate_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

type fields = map[string]any

func who(app, user string) ledger.Identity {
	return ledger.Identity{Kind: "meta_app_user", Fields: map[string]string{"app_id": app, "user_id": user}}
}

func TestResolve(t *testing.T) {
	linkedAt := time.Date(2026, 3, 1, 18, 0, 1, 0, time.UTC)
	for _, c := range []struct {
		name   string
		who    ledger.Identity
		cutoff time.Time
		named  bool
		forms  string
	}{
		{"a lead", who(workflowtest.App, workflowtest.Tom), workflowtest.Start, true, "[lead]"},
		{"a lead linked at the cutoff", who(workflowtest.App, workflowtest.Tom), linkedAt, true, "[lead]"},
		{"a lead linked after it", who(workflowtest.App, workflowtest.Tom), linkedAt.Add(-1), true, "[]"},
		{"staff of two channels", who(workflowtest.App, workflowtest.Staff), workflowtest.Start, true, "[staff staff]"},
		{"nobody we know", who(workflowtest.App, "1"), workflowtest.Start, true, "[]"},
		{"the same ID of another app", who("900000000000002", workflowtest.Tom), workflowtest.Start, true, "[]"},
		{"no user", who(workflowtest.App, ""), workflowtest.Start, false, "[]"},
		{"no app", who("", workflowtest.Tom), workflowtest.Start, false, "[]"},
		{"nothing", ledger.Identity{Kind: "meta_app_user"}, workflowtest.Start, false, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			subjects, named, err := workflowtest.New(t).Finder().Resolve(t.Context(), c.who, c.cutoff)
			forms := []string{}
			for _, s := range subjects {
				forms = append(forms, s.Form)
			}
			if err != nil || named != c.named || fmt.Sprint(forms) != c.forms {
				t.Errorf("%v, named %t, %v", subjects, named, err)
			}
		})
	}
}

func TestResolveCompletesALeadByItsOwnRow(t *testing.T) {
	w := workflowtest.New(t)
	want := map[string]string{"tenant_id": "t_harbour", "lead_id": "l_tom", "channel_id": "ch_fb1", "platform_key": "facebook#7123456789012345", "profile_picture": "t_harbour/ch_fb1/profiles/l_tom.jpg"}
	subjects, _, err := w.Finder().Resolve(t.Context(), who(workflowtest.App, workflowtest.Tom), workflowtest.Start)
	if err != nil || len(subjects) != 1 || !maps.Equal(subjects[0].Fields, want) {
		t.Errorf("%v, %v", subjects, err)
	}
	w.Live.Drop("leads", "t_harbour", "l_tom") // the link outlived it
	subjects, _, err = w.Finder().Resolve(t.Context(), who(workflowtest.App, workflowtest.Tom), workflowtest.Start)
	if err != nil || len(subjects) != 1 || subjects[0].Fields["lead_id"] != "l_tom" || len(subjects[0].Fields) != 2 {
		t.Errorf("without its row: %v, %v", subjects, err)
	}
}

func TestResolveStopsAtWhatItCannotRead(t *testing.T) {
	for name, link := range map[string]fields{
		"no known form": {"target": "page#t_harbour#x"}, "two readings": {"target": "lead#t_harbour#l#x"},
		"an unreadable date": {"target": "lead#t_harbour#l_x", "linked_at": "soon"},
	} {
		w := workflowtest.New(t)
		link["app_user"] = workflowtest.App + "#" + workflowtest.Tom
		w.Live.Put("links", livedatatest.NewItem(link))
		if _, _, err := w.Finder().Resolve(t.Context(), who(workflowtest.App, workflowtest.Tom), workflowtest.Start); fault.KindOf(err) != fault.Permanent {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err := workflowtest.New(t).Finder().Resolve(t.Context(), ledger.Identity{Kind: "phone"}, workflowtest.Start)
	if fault.KindOf(err) != fault.Permanent {
		t.Errorf("an unknown kind of identity: %v", err)
	}
}

func TestJoinKeepsPlaces(t *testing.T) {
	subject := func(form, id, extra string) ledger.Subject {
		return ledger.Subject{Form: form, Fields: map[string]string{"tenant_id": "t", form + "_id": id, "channel_id": extra}}
	}
	f := workflowtest.New(t).Finder()
	frozen := []ledger.Subject{subject("lead", "a", "1"), subject("lead", "b", "1")}
	found := []ledger.Subject{subject("lead", "c", "1"), subject("lead", "b", "2"), subject("staff", "x", "9")}
	found[1].Fields["bsuid_key"] = "new"
	got := f.Join(frozen, found)
	if len(got) != 4 || got[0].Fields["lead_id"] != "a" || got[1].Fields["lead_id"] != "b" || got[2].Fields["lead_id"] != "c" || got[3].Form != "staff" {
		t.Fatalf("joined %v", got)
	}
	if got[1].Fields["channel_id"] != "1" || got[1].Fields["bsuid_key"] != "new" {
		t.Errorf("what was frozen does not hold, or what is new is lost: %v", got[1].Fields)
	}
	if frozen[1].Fields["bsuid_key"] != "" {
		t.Error("the frozen subject was changed in place")
	}
}

func TestOldLeavesWhatIsNewerOrStays(t *testing.T) {
	at := workflowtest.Start
	trail := locate.Trail{FrozenAt: at}
	found := []livedata.Version{{Key: "a", Modified: at.Add(-1)}, {Key: "b", Modified: at}, {Key: "c", Modified: at.Add(1)}, {Key: "stays", Modified: at.Add(-1)}}
	old := trail.Old(found, map[string]bool{"stays": true})
	if len(old) != 2 || old[0].Key != "a" || old[1].Key != "b" {
		t.Errorf("old are %v", old)
	}
}

// Reading is bounded whatever a person has: the fake refuses a read of more.
func TestReadsAreBounded(t *testing.T) {
	w := workflowtest.New(t)
	for i := range 450 {
		w.Live.Put("links", livedatatest.NewItem(fields{"app_user": workflowtest.App + "#" + workflowtest.Tom, "target": fmt.Sprintf("lead#t_%03d#l", i), "linked_at": "2026-03-01T18:00:00Z"}))
	}
	subjects, _, err := w.Finder().Resolve(t.Context(), who(workflowtest.App, workflowtest.Tom), workflowtest.Start)
	if err != nil || len(subjects) != 451 || w.Live.LargestRead() > livedatatest.MaxPage {
		t.Errorf("%d subjects by %d, %v", len(subjects), w.Live.LargestRead(), err)
	}
}
