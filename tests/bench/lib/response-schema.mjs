// A response of DescribeExecution as a zod schema.

import * as z from "zod";

export const responseSchema = z.object({
  RequestId: z.string().min(1),
  FlowName: z.string().min(1).max(128),
  Name: z.string().min(1).max(128),
  Status: z.enum(["Starting", "Running", "Stopped", "Succeeded", "Failed", "TimedOut"]),
  StartedTime: z.string(),
  StoppedTime: z.string().optional(),
  Input: z.string().optional(),
  Output: z.string().optional(),
  FlowDefinition: z.string(),
  Environment: z
    .object({ Variables: z.array(z.object({ Name: z.string(), Value: z.string().optional() })).optional() })
    .optional(),
});
