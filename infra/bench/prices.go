package main

// price is what AWS asks for one unit of something, in US dollars.
type price struct {
	service string
	unit    string
	dollars float64
}

// The list prices of eu-west-1 without free tier or discount, as of November 2025, from
// each service's page https://aws.amazon.com/<service>/pricing/. This table is the only
// place that has them; compare it with the pages before a figure is quoted.
var (
	dynamoRead  = price{"DynamoDB", "read request unit", 0.1415 / 1e6}
	dynamoWrite = price{"DynamoDB", "write request unit", 0.705 / 1e6}
	lambdaCall  = price{"Lambda", "request", 0.20 / 1e6}
	lambdaTime1 = price{"Lambda", "GB-second (arm64)", 0.0000133334}
	transition  = price{"Step Functions", "state transition", 25.0 / 1e6}
	queueCall   = price{"SQS", "request", 0.40 / 1e6}
	objectWrite = price{"S3", "LIST, PUT or POST request", 5.0 / 1e6}
	objectRead  = price{"S3", "GET or HEAD request", 0.40 / 1e6}
	objectMonth = price{"S3", "GB-month", 0.023}
	secretCall  = price{"Secrets Manager", "request", 5.0 / 1e6}
	keyCall     = price{"KMS", "request", 3.0 / 1e6}
	apiCall     = price{"API Gateway", "REST request", 3.50 / 1e6}
	wallCall    = price{"WAF", "request", 0.60 / 1e6}
)

// priceOf is what one call that the front has seen costs by itself. DynamoDB's calls
// are paid by their units, which the meter adds up, and Lambda's by time besides; calls
// for which nothing is asked have a price of nothing.
func priceOf(service, operation string) (price, bool) {
	switch service {
	case "dynamodb":
		return price{}, true
	case "lambda":
		return lambdaCall, true
	case "sqs":
		return queueCall, true
	case "secretsmanager":
		return secretCall, true
	case "kms":
		return keyCall, true
	case "states":
		return price{"Step Functions", "API request, free", 0}, true
	case "s3":
		return objectPrice(operation), true
	}
	return price{}, false
}

// objectPrice counts DeleteObjects as the POST that it is, though deletes are free.
func objectPrice(operation string) price {
	switch operation {
	case "DeleteObject":
		return price{"S3", "DELETE request, free", 0}
	case "GetObject", "HeadObject":
		return objectRead
	}
	return objectWrite
}
