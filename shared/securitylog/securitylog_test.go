package securitylog

import (
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// The policy's limit holds in every month of the calendar, with a margin for TTL's delay.
func TestAgeIsWithinTheDataMaps(t *testing.T) {
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	months := m.Kept["security_log"].Months
	for month := range 48 {
		at := time.Date(2026, time.Month(1+month), 1, 0, 0, 0, 0, time.UTC)
		if gone, limit := at.AddDate(0, 0, keepDays+2), at.AddDate(0, months, 0); gone.After(limit) {
			t.Errorf("an entry of %s goes on %s, after the limit %s", at, gone, limit)
		}
	}
}
