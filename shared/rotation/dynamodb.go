package rotation

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// DynamoDB is Tables in one region.
type DynamoDB struct{ Client *dynamodb.Client }

func (d DynamoDB) Names(ctx context.Context, after string) (names []string, next string, err error) {
	in := &dynamodb.ListTablesInput{}
	if after != "" {
		in.ExclusiveStartTableName = aws.String(after)
	}
	out, err := d.Client.ListTables(ctx, in)
	if err != nil {
		return nil, "", fault.Wrap("list tables", err)
	}
	return out.TableNames, aws.ToString(out.LastEvaluatedTableName), nil
}

func (d DynamoDB) Describe(ctx context.Context, table string) (Table, error) {
	out, err := d.Client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(table)})
	if err != nil {
		return Table{}, missing("describe a table", err)
	}
	t := out.Table
	return Table{CreatedAt: aws.ToTime(t.CreationDateTime), Replicated: len(t.Replicas) > 0, Protected: aws.ToBool(t.DeletionProtectionEnabled),
		Streams: t.StreamSpecification != nil && aws.ToBool(t.StreamSpecification.StreamEnabled)}, nil
}

// longestRecovery is what holds where DynamoDB does not say how far back it reaches.
const longestRecovery = 35

func (d DynamoDB) Recovery(ctx context.Context, table string) (Recovery, error) {
	out, err := d.Client.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: aws.String(table)})
	if err != nil {
		return Recovery{}, missing("describe a table's recovery", err)
	}
	if out.ContinuousBackupsDescription == nil || out.ContinuousBackupsDescription.PointInTimeRecoveryDescription == nil {
		return Recovery{}, nil
	}
	p := out.ContinuousBackupsDescription.PointInTimeRecoveryDescription
	r := Recovery{On: p.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled, Days: longestRecovery}
	if p.RecoveryPeriodInDays != nil {
		r.Days = int(*p.RecoveryPeriodInDays)
	}
	return r, nil
}

func missing(doing string, err error) error {
	var table *types.TableNotFoundException
	var resource *types.ResourceNotFoundException
	if errors.As(err, &table) || errors.As(err, &resource) {
		return fault.As(fault.NotFound, doing, err)
	}
	return fault.Wrap(doing, err)
}
