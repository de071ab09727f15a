package engines

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/infra/local/logbook"
)

const root = "../../.."

func absoluteRoot(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEnginesAnswerOnLoopbackOnly(t *testing.T) {
	logs := logbook.New(100, nil)
	for name, start := range map[string]func() (*Engine, error){
		"moto": func() (*Engine, error) {
			return StartMoto(t.Context(), absoluteRoot(t), "000000000000", 1, logs)
		},
		"DynamoDB Local": func() (*Engine, error) {
			return StartDynamoDB(t.Context(), absoluteRoot(t), logs)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine, err := start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(engine.Kill)
			response, err := http.Get(engine.URL + "/")
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if err := reachableFromOutside(engine.URL); err != nil {
				t.Error(err)
			}
		})
	}
}

// reachableFromOutside reports an address other than 127.0.0.1 that answers.
func reachableFromOutside(url string) error {
	_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		return err
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	for _, address := range addresses {
		ip, _, err := net.ParseCIDR(address.String())
		if err != nil || ip.Equal(net.IPv4(127, 0, 0, 1)) {
			continue
		}
		if connection, err := net.Dial("tcp", net.JoinHostPort(ip.String(), port)); err == nil {
			connection.Close()
			return &net.AddrError{Err: "answers", Addr: ip.String()}
		}
	}
	return nil
}

func TestMissingToolsAreNamed(t *testing.T) {
	logs := logbook.New(10, nil)
	empty := t.TempDir()
	_, motoErr := StartMoto(context.Background(), empty, "000000000000", 1, logs)
	_, dynamoErr := StartDynamoDB(context.Background(), empty, logs)
	for _, err := range []error{motoErr, dynamoErr} {
		if err == nil || !strings.Contains(err.Error(), "make tools") {
			t.Errorf("got %v, want a hint to make tools", err)
		}
	}
}

func TestCrashCarriesTheLastLines(t *testing.T) {
	logs := logbook.New(10, nil)
	engine, err := StartMoto(t.Context(), absoluteRoot(t), "000000000000", 1, logs)
	if err != nil {
		t.Fatal(err)
	}
	engine.Kill()
	if got := engine.Crash().Error(); !strings.Contains(got, "moto ended (signal: killed)") || !strings.Contains(got, "listening on") {
		t.Errorf("crash reads %q", got)
	}
}
