package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var openAPI []byte

// addAPI deploys openapi.yaml as a REST API.
func (d *deletion) addAPI() (awsapigateway.SpecRestApi, error) {
	definition, err := d.apiDefinition()
	if err != nil {
		return nil, err
	}
	api := awsapigateway.NewSpecRestApi(d.stack, jsii.String("Api"), &awsapigateway.SpecRestApiProps{
		RestApiName:   jsii.String(d.stage.name("api")),
		ApiDefinition: awsapigateway.ApiDefinition_FromInline(definition),
		EndpointTypes: &[]awsapigateway.EndpointType{awsapigateway.EndpointType_REGIONAL},
		DeployOptions: d.apiStage(),
		// API Gateway writes access logs with the one role of the account. It is AWS's
		// managed policy, because API Gateway accepts nothing narrower.
		CloudWatchRole: jsii.Bool(true),
	})
	d.mayInvoke(api, "meta-callback", "/meta/*")
	d.mayInvoke(api, "status", "/status/*")
	d.mayInvoke(api, "link", "/link/*", "/status/*/notify")
	return api, nil
}

// apiStage logs which route was called and what came of it. A path holds a confirmation
// code, which is a bearer credential, and a caller's address is personal data: neither
// is written down. Execution logs stay off, because they would hold both.
func (d *deletion) apiStage() *awsapigateway.StageOptions {
	callback := &awsapigateway.MethodDeploymentOptions{
		ThrottlingRateLimit: jsii.Number(200), ThrottlingBurstLimit: jsii.Number(400),
		MetricsEnabled: jsii.Bool(true), LoggingLevel: awsapigateway.MethodLoggingLevel_OFF,
	}
	return &awsapigateway.StageOptions{
		StageName:            jsii.String(d.stage.Name),
		ThrottlingRateLimit:  jsii.Number(50),
		ThrottlingBurstLimit: jsii.Number(100),
		MethodOptions: &map[string]*awsapigateway.MethodDeploymentOptions{
			"/meta/{app}/data-deletion/POST": callback,
			"/meta/{app}/deauthorize/POST":   callback,
		},
		MetricsEnabled:       jsii.Bool(true),
		LoggingLevel:         awsapigateway.MethodLoggingLevel_OFF,
		DataTraceEnabled:     jsii.Bool(false),
		AccessLogDestination: awsapigateway.NewLogGroupLogDestination(d.logGroup("AccessLogs", d.accessLogName())),
		AccessLogFormat:      awsapigateway.AccessLogFormat_Custom(jsii.String(accessLogFormat)),
	}
}

const accessLogFormat = `{"request_id":"$context.requestId","time":"$context.requestTime",` +
	`"method":"$context.httpMethod","route":"$context.resourcePath","status":"$context.status",` +
	`"latency_ms":"$context.responseLatency","bytes":"$context.responseLength",` +
	`"error":"$context.error.responseType"}`

func (d *deletion) accessLogName() string { return "/aws/apigateway/" + d.stage.name("api") }

// mayInvoke lets this API call a function on the paths given, with "*" for a parameter.
func (d *deletion) mayInvoke(api awsapigateway.SpecRestApi, folder string, paths ...string) {
	for i, path := range paths {
		id := "FromApi"
		if i > 0 {
			id += strconv.Itoa(i + 1)
		}
		d.functions[folder].AddPermission(&id, &awslambda.Permission{
			Principal: awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), nil),
			SourceArn: api.ArnForExecuteApi(jsii.String("*"), &path, jsii.String(d.stage.Name)),
		})
	}
}

// apiDefinition is the part of the document that API Gateway acts on, with the
// functions put in. Bodies and schemas are contract for readers and tests: API Gateway
// would make models of them, knows only a part of their language, and the functions
// check bodies themselves.
func (d *deletion) apiDefinition() (map[string]any, error) {
	var document map[string]any
	if err := yaml.Unmarshal(openAPI, &document); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	components := object(document, "components")
	for path, item := range object(document, "paths") {
		for method, operation := range operations(item) {
			if err := d.integrate(operation, object(components, "responses")); err != nil {
				return nil, fmt.Errorf("openapi.yaml: %s %s: %w", strings.ToUpper(method), path, err)
			}
		}
	}
	delete(components, "responses")
	delete(components, "schemas")
	return plain(document)
}

// object under a key; an empty one where there is none.
func object(of map[string]any, key string) map[string]any {
	value, _ := of[key].(map[string]any)
	return value
}

// operations of a path item, by method.
func operations(item any) map[string]map[string]any {
	found := map[string]map[string]any{}
	fields, _ := item.(map[string]any)
	for name, value := range fields {
		if operation, ok := value.(map[string]any); ok {
			found[name] = operation
		}
	}
	return found
}

// integrate puts the function in where an operation's integration says ${folder}, and
// leaves of the responses what API Gateway needs. shared are the document's responses.
func (d *deletion) integrate(operation, shared map[string]any) error {
	delete(operation, "requestBody")
	responses := object(operation, "responses")
	for status := range responses {
		response := object(responses, status)
		if ref, ok := response["$ref"].(string); ok {
			response = object(shared, strings.TrimPrefix(ref, "#/components/responses/"))
		}
		responses[status] = map[string]any{"description": response["description"]}
	}
	integration := object(operation, "x-amazon-apigateway-integration")
	uri, _ := integration["uri"].(string)
	fn, ok := d.functions[strings.TrimSuffix(strings.TrimPrefix(uri, "${"), "}")]
	if !ok {
		return fmt.Errorf("integration with %q, which is not a function", uri)
	}
	integration["uri"] = "arn:aws:apigateway:" + d.stage.Region + ":lambda:path/2015-03-31/functions/" +
		*fn.FunctionArn() + "/invocations"
	return nil
}

// plain turns YAML's maps and numbers into JSON's.
func plain(document map[string]any) (map[string]any, error) {
	encoded, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	var decoded map[string]any
	return decoded, json.Unmarshal(encoded, &decoded)
}
