// SPDX-License-Identifier: Apache-2.0
package peers;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import com.amazonaws.services.lambda.runtime.serialization.PojoSerializer;
import com.amazonaws.services.lambda.runtime.serialization.events.LambdaEventSerializers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.ToIntFunction;

/**
 * Read http|sqs FILE TIMES: reads the event of a file so often without any runtime, with what the client
 * reads events with, and prints what one time takes.
 */
public class Read {
    static <T> ToIntFunction<byte[]> reader(Class<T> type, ToIntFunction<T> length) {
        PojoSerializer<T> serializer =
            LambdaEventSerializers.serializerFor(type, Read.class.getClassLoader());
        return text -> length.applyAsInt(serializer.fromJson(new ByteArrayInputStream(text)));
    }

    public static void main(String[] arguments) throws IOException {
        byte[] text = Files.readAllBytes(Path.of(arguments[1]));
        int times = Integer.parseInt(arguments[2]);
        ToIntFunction<byte[]> once = arguments[0].equals("http")
            ? reader(APIGatewayV2HTTPEvent.class, Http::length)
            : reader(SQSEvent.class, Sqs::length);
        int length = once.applyAsInt(text);
        long begin = System.nanoTime();
        for (int i = 0; i < times; ++i)
            length = once.applyAsInt(text);
        double nanoseconds = (System.nanoTime() - begin) / (double) times;
        System.out.printf(Locale.ROOT, "length %d%nnanoseconds %.1f%n", length, nanoseconds);
    }
}
