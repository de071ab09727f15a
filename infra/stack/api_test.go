package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func contract(t *testing.T) map[string]any {
	t.Helper()
	var document map[string]any
	if err := yaml.Unmarshal(openAPI, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestRoutesReachTheirFunctions(t *testing.T) {
	want := map[string]string{
		"/meta/{app}/data-deletion": "get head post MetaCallback",
		"/meta/{app}/deauthorize":   "get head post MetaCallback",
		"/status/{code}":            "get head Status",
		"/status/{code}/notify":     "post Link",
		"/link/{token}":             "get head post Link",
	}
	for _, api := range ofType(t, "AWS::ApiGateway::RestApi") {
		paths := object(object(api.Properties, "Body"), "paths")
		if len(paths) != len(want) {
			t.Errorf("%d paths, want %d", len(paths), len(want))
		}
		for path, item := range paths {
			var methods []string
			var function string
			for method, operation := range operations(item) {
				methods = append(methods, method)
				integration := object(operation, "x-amazon-apigateway-integration")
				if integration["type"] != "aws_proxy" || integration["httpMethod"] != "POST" {
					t.Errorf("%s %s is not a Lambda proxy: %v", method, path, integration)
				}
				function = regexp.MustCompile(`"Fn::GetAtt":\["([A-Za-z]+)`).FindStringSubmatch(texts(integration["uri"])[0])[1]
			}
			slices.Sort(methods)
			if got := strings.Join(methods, " ") + " " + function; got != want[path] {
				t.Errorf("%s has %s, want %s", path, got, want[path])
			}
		}
	}
}

func TestEveryOperationSaysWhatItAnswers(t *testing.T) {
	for _, api := range ofType(t, "AWS::ApiGateway::RestApi") {
		for path, item := range object(object(api.Properties, "Body"), "paths") {
			for method, operation := range operations(item) {
				for status, response := range object(operation, "responses") {
					if text, _ := response.(map[string]any)["description"].(string); text == "" {
						t.Errorf("%s %s %s has no description", method, path, status)
					}
				}
			}
		}
	}
	callback := object(object(object(object(contract(t), "paths"), "/meta/{app}/data-deletion"), "post"), "responses")
	for _, status := range []string{"200", "400", "403", "404", "413", "415"} {
		if callback[status] == nil {
			t.Errorf("the callback does not say when it answers %s", status)
		}
	}
}

func TestContractHasTheFieldsOfTheStatus(t *testing.T) {
	status := object(object(object(contract(t), "components"), "schemas"), "Status")
	var required []string
	for _, field := range status["required"].([]any) {
		required = append(required, field.(string))
		if object(status, "properties")[field.(string)] == nil {
			t.Errorf("%s is required and not described", field)
		}
	}
	want := "code state outcome received_at due_at live_erased_at backups_unreadable_at backups_gone_by kept next_step results receipt_url"
	if got := strings.Join(required, " "); got != want {
		t.Errorf("required are %s", got)
	}
}

func TestAnIntegrationWithNothingIsRefused(t *testing.T) {
	d := &deletion{stage: dev}
	err := d.integrate(map[string]any{
		"x-amazon-apigateway-integration": map[string]any{"uri": "${reception}"},
	}, nil)
	if err == nil || err.Error() != `integration with "${reception}", which is not a function` {
		t.Errorf("got %v", err)
	}
}

// A path holds a confirmation code and an address is personal data: no log may have
// either.
func TestLogsOfTheAPIHoldNoCodes(t *testing.T) {
	harmless := []string{
		"requestId", "requestTime", "httpMethod", "resourcePath", "status",
		"responseLatency", "responseLength", "error.responseType",
	}
	for id, r := range ofType(t, "AWS::ApiGateway::Stage") {
		format, _ := object(r.Properties, "AccessLogSetting")["Format"].(string)
		variables := regexp.MustCompile(`\$context\.([\w.]+)`).FindAllStringSubmatch(format, -1)
		if len(variables) == 0 {
			t.Errorf("%s has no access log", id)
		}
		for _, variable := range variables {
			if !slices.Contains(harmless, variable[1]) {
				t.Errorf("%s logs %s", id, variable[1])
			}
		}
		for _, setting := range r.Properties["MethodSettings"].([]any) {
			s := setting.(map[string]any)
			if s["LoggingLevel"] != "OFF" || s["DataTraceEnabled"] != false {
				t.Errorf("%s: %v has execution logs", id, s["ResourcePath"])
			}
			if s["ThrottlingRateLimit"] == nil || s["ThrottlingBurstLimit"] == nil {
				t.Errorf("%s: %v is not throttled", id, s["ResourcePath"])
			}
		}
	}
	for id, r := range ofType(t, "AWS::WAFv2::WebACL") {
		for _, rule := range append(r.Properties["Rules"].([]any), r.Properties) {
			if object(rule.(map[string]any), "VisibilityConfig")["SampledRequestsEnabled"] != false {
				t.Errorf("%s samples requests", id)
			}
		}
	}
}

// The routes that a permission opens are those that the contract has.
func TestEveryRouteMayCallItsFunction(t *testing.T) {
	open := map[string][]string{}
	for _, r := range ofType(t, "AWS::Lambda::Permission") {
		if r.Properties["Principal"] != "apigateway.amazonaws.com" {
			continue
		}
		parts := object(r.Properties, "SourceArn")["Fn::Join"].([]any)[1].([]any)
		_, path, _ := strings.Cut(parts[len(parts)-1].(string), "/dev/*/")
		fn := regexp.MustCompile(`"Fn::GetAtt":\["([A-Za-z]+)`).FindStringSubmatch(texts(r.Properties["FunctionName"])[0])[1]
		open[fn] = append(open[fn], "/"+path)
	}
	for _, paths := range open {
		slices.Sort(paths)
	}
	want := "map[Link:[/link/* /status/*/notify] MetaCallback:[/meta/*] Status:[/status/*]]"
	if got := fmt.Sprint(open); got != want {
		t.Errorf("open are %s, want %s", got, want)
	}
}

func TestOnlyThisAPIMayCallFunctions(t *testing.T) {
	for id, r := range ofType(t, "AWS::Lambda::Permission") {
		if r.Properties["SourceArn"] == nil {
			t.Errorf("%s lets everybody's %v call", id, r.Properties["Principal"])
		}
	}
}

func TestFirewallLimitsEverybodyButMetasCallbacks(t *testing.T) {
	exempt := regexp.MustCompile(callbackPath)
	for path, want := range map[string]bool{
		"/dev/meta/1234567890/data-deletion":    true,
		"/meta/1234567890/deauthorize":          true,
		"/dev/status/ABCDEFGHIJKLMNOPQRST23":    false,
		"/status/meta":                          false,
		"/dev/link/AbC123":                      false,
		"/status/ABCDEFGHIJKLMNOPQRST23/notify": false,
		"/meta/1/data-deletion/x":               false,
		"/dev/x/meta/1/data-deletion":           false,
		"/":                                     false,
	} {
		if exempt.MatchString(path) != want {
			t.Errorf("%s: exempt %v, want %v", path, !want, want)
		}
	}
	for id, r := range ofType(t, "AWS::WAFv2::WebACL") {
		rule := r.Properties["Rules"].([]any)[0].(map[string]any)
		rate := object(object(rule, "Statement"), "RateBasedStatement")
		scope := fmt.Sprint(rate["ScopeDownStatement"])
		for _, part := range []string{"NotStatement", "AndStatement", "SearchString:POST", "RegexString:" + callbackPath} {
			if !strings.Contains(scope, part) {
				t.Errorf("%s limits without %s: %s", id, part, scope)
			}
		}
	}
	ofType(t, "AWS::WAFv2::WebACLAssociation")
}
