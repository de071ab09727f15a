package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/signedrequest"
)

// timing is what one operation costs.
type timing struct {
	name   string
	result testing.BenchmarkResult
}

var appSecrets = []string{"5f1d0c7e2ab94c63a1f4e8807d2b6c39"}

// measureSignedRequests times requests of an ordinary length (that of the
// figures for other languages, 347 bytes) and of the longest that is read.
func measureSignedRequests() []timing {
	now := time.Unix(1777888800, 0)
	var timings []timing
	for _, length := range []int{347, 8 << 10} {
		good := requestOf(length, appSecrets[0])
		forged := requestOf(length, "somebody else's secret")
		timings = append(timings,
			timing{fmt.Sprintf("verify, %d bytes", length), verify(good, appSecrets, now)},
			timing{fmt.Sprintf("verify with the second of two secrets, %d bytes", length), verify(good, []string{"the next secret", appSecrets[0]}, now)},
			timing{fmt.Sprintf("reject a wrong signature, %d bytes", length), verify(forged, appSecrets, now)},
			timing{fmt.Sprintf("reject a wrong form, %d bytes", length), verify(good[1:], appSecrets, now)},
		)
	}
	return timings
}

func verify(raw string, secrets []string, now time.Time) testing.BenchmarkResult {
	return testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = signedrequest.Verify(raw, secrets, now)
		}
	})
}

// requestOf makes a signed request of exactly so many bytes.
func requestOf(length int, secret string) string {
	const frame = `{"algorithm":"HMAC-SHA256","app_data":"","issued_at":1777888740,"user_id":"10150000000000555"}`
	const signature = len("0123456789012345678901234567890123456789012.") // 43 characters and the dot
	payload := (length - signature) * 6 / 8                               // base64 without padding
	filled := strings.Replace(frame, `""`, `"`+strings.Repeat("x", payload-len(frame))+`"`, 1)
	return signedrequest.Sign([]byte(filled), secret)
}

func printSignedRequests(out io.Writer, timings []timing) {
	fmt.Fprintln(out, "| signed request | ns/op | B/op | allocs/op |\n|---|---:|---:|---:|")
	for _, t := range timings {
		fmt.Fprintf(out, "| %s | %d | %d | %d |\n", t.name, t.result.NsPerOp(), t.result.AllocedBytesPerOp(), t.result.AllocsPerOp())
	}
	fmt.Fprintln(out)
}
