// SPDX-License-Identifier: Apache-2.0
package peers;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Answers with what stands in the records of a queue. */
public class Sqs implements RequestHandler<SQSEvent, Map<String, Object>> {
    @Override
    public Map<String, Object> handleRequest(SQSEvent event, Context context) {
        List<String> ids = new ArrayList<>();
        int bytes = 0;
        for (SQSEvent.SQSMessage record : event.getRecords()) {
            ids.add(record.getMessageId());
            bytes += record.getBody().length();
        }
        Map<String, Object> batch = new LinkedHashMap<>();
        batch.put("ids", ids);
        batch.put("bytes", bytes);
        return batch;
    }

    static int length(SQSEvent event) {
        int length = 0;
        for (SQSEvent.SQSMessage record : event.getRecords())
            length += record.getMessageId().length() + record.getBody().length();
        return length;
    }
}
