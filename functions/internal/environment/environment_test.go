package environment_test

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/functions/internal/environment"
)

func reader(values map[string]string) *environment.Reader {
	return environment.New(func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	})
}

func TestAddress(t *testing.T) {
	for value, ok := range map[string]bool{
		"https://privacy.example": true, "http://127.0.0.1:8080": true, "https://queue.example/000000000000/start": true,
		"": false, "privacy.example": false, "/status": false, "https://": false, "https://privacy.example/": false,
		"ftp://privacy.example": false, "https://privacy.example/%zz": false,
	} {
		env := reader(map[string]string{"URL": value})
		got := env.Address("URL")
		if err := env.Err(); (err == nil) != ok || (ok && got != value) {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestCount(t *testing.T) {
	for value, want := range map[string]int{"0": 0, "1000": 1000, "": -1, "-1": -1, "1.5": -1, "many": -1, "99999999999999999999": -1} {
		env := reader(map[string]string{"BUDGET": value})
		got := env.Count("BUDGET")
		if err := env.Err(); (err == nil) != (want >= 0) || err == nil && got != want {
			t.Errorf("%q: %d, %v", value, got, err)
		}
	}
}

func TestNames(t *testing.T) {
	for value, problems := range map[string]int{
		`{"leads":"dev-leads","links":"dev-links","more":"x"}`: 0,
		`{"leads":"dev-leads"}`:                                1, `{"leads":"","links":""}`: 2, `{}`: 2, ``: 1, `[]`: 1, `{"leads":1}`: 1,
	} {
		env := reader(map[string]string{"STORES": value})
		got := env.Names("STORES", []string{"leads", "links"})
		lines := 0
		if err := env.Err(); err != nil {
			lines = len(strings.Split(err.Error(), "\n"))
		}
		if lines != problems || (problems == 0 && got["leads"] != "dev-leads") {
			t.Errorf("%s: %v", value, env.Err())
		}
	}
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	env := reader(map[string]string{"EMPTY": "", "URL": "nonsense"})
	env.Text("EMPTY")
	env.Text("MISSING")
	env.Address("URL")
	env.Names("STORES", []string{"leads"})
	for _, name := range []string{"EMPTY", "MISSING", "URL", "STORES"} {
		if !strings.Contains(env.Err().Error(), name) {
			t.Errorf("%s is not named in:\n%v", name, env.Err())
		}
	}
}
