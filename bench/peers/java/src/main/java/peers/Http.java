// SPDX-License-Identifier: Apache-2.0
package peers;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import java.util.LinkedHashMap;
import java.util.Map;

/** Answers with five fields of an API Gateway v2 event. */
public class Http implements RequestHandler<APIGatewayV2HTTPEvent, Map<String, Object>> {
    @Override
    public Map<String, Object> handleRequest(APIGatewayV2HTTPEvent event, Context context) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("method", event.getRequestContext().getHttp().getMethod());
        fields.put("path", event.getRawPath());
        fields.put("state", event.getQueryStringParameters().get("state"));
        fields.put("host", event.getHeaders().get("host"));
        fields.put("id", event.getRequestContext().getRequestId());
        return fields;
    }

    static int length(APIGatewayV2HTTPEvent event) {
        return event.getRequestContext().getHttp().getMethod().length() + event.getRawPath().length()
            + event.getQueryStringParameters().get("state").length() + event.getHeaders().get("host").length()
            + event.getRequestContext().getRequestId().length();
    }
}
