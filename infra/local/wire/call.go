// Package wire reads calls to AWS services off the wire, and shapes the answers that
// the services give when they cannot or will not do what was asked.
package wire

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/infra/local/runtimeapi"
)

// Call is one request to an AWS service, as far as it is understood here.
type Call struct {
	AccessKey string
	Sandbox   string // session token
	Service   string
	Operation string
	// Resources are tables, table/index/name, bucket, queue, secret, key, function, state
	// machine or execution; one that is "" when nothing was recognised.
	Resources []string
	Needs     map[string][]string // of a transaction: table -> the single operations that it stands for
	Body      []byte              // read whole, except for objects on their way to S3
}

// targets are the services that name their operation in X-Amz-Target.
var targets = map[string]string{
	"DynamoDB_20120810": "dynamodb",
	"AmazonSQS":         "sqs",
	"secretsmanager":    "secretsmanager",
	"TrentService":      "kms",
	"AWSStepFunctions":  "states",
}

// Identify reads who calls, which service, which operation. It leaves resources to
// Inspect, which needs the body.
func Identify(r *http.Request) Call {
	key, service := credential(r)
	c := Call{AccessKey: key, Service: service, Sandbox: r.Header.Get("X-Amz-Security-Token")}
	if target, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		c.Operation = operation
		if name, known := targets[target]; known {
			c.Service = name
		}
	}
	switch {
	case strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/"):
		c.Service, c.Operation = "lambda", "Invoke"
	case c.Service == "s3":
		c.Operation = objectOperation(r)
	case c.Service == "ses":
		c.Operation = mailOperations[r.Method+" "+r.URL.Path]
	}
	return c
}

// mailOperations are those of SES that are used here, by method and path.
var mailOperations = map[string]string{
	"POST /v2/email/outbound-emails":    "SendEmail",
	"POST /v2/email/identities":         "CreateEmailIdentity",
	"POST /v2/email/configuration-sets": "CreateConfigurationSet",
}

// HasObject says that the body is an object on its way to S3, which nobody reads whole.
func (c *Call) HasObject() bool {
	return c.Operation == "PutObject" || c.Operation == "PUT multipart"
}

// credential reads access key and service out of the signature, header or presigned.
func credential(r *http.Request) (key, service string) {
	text := r.URL.Query().Get("X-Amz-Credential")
	if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		text, _, _ = strings.Cut(after, ",")
	}
	if parts := strings.Split(text, "/"); len(parts) == 5 {
		return parts[0], parts[3]
	}
	return "", ""
}

// Inspect finds the resources that the call names in its address and body.
func (c *Call) Inspect(u *url.URL) {
	switch c.Service {
	case "s3":
		bucket, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		c.Resources = []string{bucket}
	case "lambda":
		name, _ := runtimeapi.FunctionOf(u)
		c.Resources = []string{name}
	case "sns":
		form, _ := url.ParseQuery(string(c.Body))
		c.Operation, c.Resources = form.Get("Action"), []string{last(form.Get("TopicArn"), ":")}
	default:
		c.Resources, c.Needs = named(c.Body), transacted(c.Body)
	}
	if len(c.Resources) == 0 {
		c.Resources = []string{""}
	}
}

// input is what the JSON services call the things they work on.
type input struct {
	TableName, IndexName   string
	RequestItems           map[string]json.RawMessage
	TransactItems          []map[string]struct{ TableName string }
	QueueURL               string `json:"QueueUrl"`
	QueueName              string
	SecretID               string `json:"SecretId"`
	KeyID                  string `json:"KeyId"`
	StateMachineARN        string `json:"stateMachineArn"`
	ExecutionARN           string `json:"executionArn"`
	ResourceARN, TargetARN string
	ConfigurationSetName   string
}

func named(body []byte) []string {
	var in input
	if json.Unmarshal(body, &in) != nil {
		return nil
	}
	if len(in.RequestItems) > 0 {
		return slices.Sorted(maps.Keys(in.RequestItems))
	}
	if len(in.TransactItems) > 0 {
		return slices.Sorted(maps.Keys(transacted(body)))
	}
	if in.IndexName != "" {
		return []string{in.TableName + "/index/" + in.IndexName}
	}
	for _, name := range []string{in.TableName, last(in.QueueURL, "/"), in.QueueName, in.SecretID, in.KeyID, last(in.StateMachineARN, ":"), last(in.ExecutionARN, ":execution:"), in.ConfigurationSetName} {
		if name != "" {
			return []string{name}
		}
	}
	return nil
}

// transacted lists, for each table of a transaction, the operations that a role needs
// for it: IAM knows no TransactWriteItems.
func transacted(body []byte) map[string][]string {
	var in input
	if json.Unmarshal(body, &in) != nil {
		return nil
	}
	needs := map[string][]string{}
	for _, item := range in.TransactItems {
		for kind, action := range item {
			if name := kind + "Item"; !slices.Contains(needs[action.TableName], name) {
				needs[action.TableName] = append(needs[action.TableName], name)
			}
		}
	}
	for _, operations := range needs {
		slices.Sort(operations)
	}
	return needs
}

func last(text, separator string) string {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[i+len(separator):]
	}
	return text
}

// objectOperation names an S3 call by its method, path and query, as IAM and the
// documentation do.
func objectOperation(r *http.Request) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	query := r.URL.Query()
	if key == "" {
		return bucketOperation(r.Method, query)
	}
	switch {
	case query.Has("uploadId") || query.Has("uploads"):
		return r.Method + " multipart"
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		return "CopyObject"
	}
	return map[string]string{"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}[r.Method]
}

func bucketOperation(method string, query url.Values) string {
	switch {
	case query.Has("delete"):
		return "DeleteObjects"
	case query.Has("versions"):
		return "ListObjectVersions"
	case query.Has("versioning"):
		return map[string]string{"GET": "GetBucketVersioning", "PUT": "PutBucketVersioning"}[method]
	case query.Has("list-type"):
		return "ListObjectsV2"
	}
	return map[string]string{"GET": "ListObjects", "HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}[method]
}
