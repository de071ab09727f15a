package faults

// pinned are the writes of each path, in order, so that a further one is a decision.
var pinned = map[string]string{
	"a lead with comments, a quotation, a picture and old attachments": `
intake: TransactWriteItems casefile+ledger
intake: SendMessage start
start: StartExecution deletion
start: PutItem ledger
locate: TransactWriteItems casefile+ledger
locate: PutItem ledger
fence: UpdateItem tombstones
fence: UpdateItem tombstones
fence: UpdateItem conversations
fence: UpdateItem leads
fence: PutItem ledger
purge: TransactWriteItems casefile+ledger
purge: TransactWriteItems casefile+ledger
purge: DeleteObjects media
purge: TransactWriteItems casefile+ledger
purge: BatchWriteItem messages
purge: TransactWriteItems casefile+ledger
purge: BatchWriteItem messages
purge: TransactWriteItems casefile+ledger
purge: BatchWriteItem ai_audit
purge: TransactWriteItems casefile+ledger
purge: UpdateItem ai_audit
purge: DeleteItem ai_quotes
purge: TransactWriteItems casefile+ledger
purge: DeleteItem links
purge: TransactWriteItems casefile+ledger
purge: DeleteItem conversations
purge: TransactWriteItems casefile+ledger
purge: DeleteObjects media
purge: DeleteItem leads
purge: TransactWriteItems casefile+ledger
purge: PutItem ledger
verify: PutItem ledger
close: PutItem ledger
close: TransactWriteItems casefile
close: TransactWriteItems ledger`,
	"a lead who wrote again after the cutoff": `
intake: TransactWriteItems casefile+ledger
intake: SendMessage start
start: StartExecution deletion
start: PutItem ledger
locate: TransactWriteItems casefile+ledger
locate: PutItem ledger
fence: UpdateItem tombstones
fence: UpdateItem tombstones
fence: UpdateItem conversations
fence: PutItem ledger
purge: TransactWriteItems casefile+ledger
purge: TransactWriteItems casefile+ledger
purge: DeleteObjects media
purge: TransactWriteItems casefile+ledger
purge: BatchWriteItem messages
purge: TransactWriteItems casefile+ledger
purge: BatchWriteItem messages
purge: TransactWriteItems casefile+ledger
purge: BatchWriteItem ai_audit
purge: TransactWriteItems casefile+ledger
purge: UpdateItem ai_audit
purge: DeleteItem ai_quotes
purge: UpdateItem conversations
purge: TransactWriteItems casefile+ledger
purge: DeleteObjects media
purge: UpdateItem leads
purge: TransactWriteItems casefile+ledger
purge: PutItem ledger
verify: PutItem ledger
close: PutItem ledger
close: TransactWriteItems casefile
close: TransactWriteItems ledger`,
	"nobody we know": `
intake: TransactWriteItems casefile+ledger
intake: SendMessage start
start: StartExecution deletion
start: PutItem ledger
locate: PutItem ledger
close: PutItem ledger
close: DeleteItem casefile
close: TransactWriteItems ledger`,
	"staff": `
intake: TransactWriteItems casefile+ledger
intake: SendMessage start
start: StartExecution deletion
start: PutItem ledger
locate: TransactWriteItems casefile+ledger
locate: TransactWriteItems casefile+ledger
locate: PutItem ledger
sweep: PutItem ledger`,
	"never started, then dead": `
intake: TransactWriteItems casefile+ledger
intake: SendMessage start
sweep: SendMessage start
sweep: PutItem ledger
start: StartExecution deletion
start: PutItem ledger
sweep: PutItem ledger
sweep: SendMessage start
start: StartExecution deletion
start: PutItem ledger
locate: PutItem ledger
close: PutItem ledger
close: DeleteItem casefile
close: TransactWriteItems ledger`,
}
