package metric_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/functions/internal/metric"
)

func decode(t *testing.T, line []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(line, &v); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return v
}

func TestLineIsOfTheEmbeddedMetricFormat(t *testing.T) {
	var out bytes.Buffer
	w := metric.Writer{Out: &out, Now: func() time.Time { return time.UnixMilli(1777636800123) }}
	for _, c := range []struct {
		dimensions map[string]string
		want       string
	}{
		{nil, `{"Refused":2,"_aws":{"Timestamp":1777636800123,"CloudWatchMetrics":[
			{"Namespace":"Mikla/DataDeletion","Dimensions":[[]],"Metrics":[{"Name":"Refused","Unit":"Count"}]}]}}`},
		{map[string]string{"Reason": "future"}, `{"Refused":2,"Reason":"future","_aws":{"Timestamp":1777636800123,"CloudWatchMetrics":[
			{"Namespace":"Mikla/DataDeletion","Dimensions":[[],["Reason"]],"Metrics":[{"Name":"Refused","Unit":"Count"}]}]}}`},
	} {
		out.Reset()
		w.Count(map[string]int{metric.Refused: 2}, c.dimensions)
		if got := decode(t, out.Bytes()); !reflect.DeepEqual(got, decode(t, []byte(c.want))) {
			t.Errorf("got %s", &out)
		}
	}
}

func TestConcurrentLinesStayWhole(t *testing.T) {
	var out bytes.Buffer
	w := metric.Writer{Out: &out, Now: time.Now}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { w.Count(map[string]int{metric.Resent: 1}, nil) })
	}
	all.Wait()
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	if len(lines) != 20 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		decode(t, line)
	}
}
